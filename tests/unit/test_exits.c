/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/exits.c: what each exit does to a vCPU, without a CPU. */
#include "fake_cpu.h"

#include "host/abi.h"
#include "host/checksum.h"
#include "host/clock.h"
#include "host/cpuid.h"
#include "host/hooks.h"
#include "host/lapic.h"
#include "host/log.h"
#include "host/passthrough.h"
#include "host/pci_uart.h"
#include "host/vcpu.h"
#include "lib/exit.h"
#include "unit.h"

#define RIP    0x100123u
#define LENGTH 2u
#define UART   0x3f8u
#define RTC    0x71u
#define PCI    0xcf8u
#define NOISE  UINT64_C(0x1122334455667788)

static struct vcpu vcpu;
static char logged[200];
static unsigned hooked_ios, abi_exits;
static bool woken; /* what hook_halt() says */
static bool takes_page_access, takes_nested_fault, takes_exception, changed;
static unsigned out_port, out_value;

/* ---- what exits.c calls ---- */

void log_line(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
}

enum msr_outcome abi_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	(void)v;
	*value = NOISE;
	return msr == 0x1234 ? MSR_DONE : msr == 0x1235 ? MSR_GP : MSR_UNKNOWN;
}

enum msr_outcome abi_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	(void)v;
	assert_true(msr != 0x1234 || value == UINT64_C(0x9abcdef055667788));
	return msr == 0x1234 ? MSR_DONE : msr == 0x1235 ? MSR_GP : MSR_UNKNOWN;
}

void abi_exit(struct vcpu *v)
{
	assert_ptr_equal(v, &vcpu);
	abi_exits++;
}

static unsigned interrupts;

void vapic_interrupt(struct vcpu *v)
{
	assert_ptr_equal(v, &vcpu);
	interrupts++;
}

bool clock_rtc_io(struct vcpu *v)
{
	return v->exit.io.port == RTC;
}

bool pci_uart_io(struct vcpu *v)
{
	return v->exit.io.port == PCI;
}

bool lapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	(void)v;
	*value = 5;
	return msr == MSR_APIC_BASE;
}

bool lapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	(void)v;
	return msr == MSR_APIC_BASE && value == 5;
}

bool lapic_page_access(struct vcpu *v)
{
	(void)v;
	return takes_page_access;
}

const char *checksum_changed(void)
{
	return changed ? "host code" : NULL;
}

void handle_cpuid(struct vcpu *v)
{
	vcpu_skip(v);
}

bool hook_nested_fault(struct vcpu *v)
{
	assert_int_equal(v->event.pending, v->exit.event.pending);
	return takes_nested_fault;
}

bool hook_exception(struct vcpu *v)
{
	(void)v;
	return takes_exception;
}

bool hook_halt(struct vcpu *v)
{
	assert_ptr_equal(v, &vcpu);
	return woken;
}

void hook_io(struct vcpu *v)
{
	assert_int_equal(v->rip, RIP + LENGTH);
	hooked_ios++;
}

bool passthrough_port(uint16_t port)
{
	return port == UART;
}

uint64_t rdtsc(void)
{
	return 0x5000000006;
}

uint8_t inb(uint16_t port)
{
	return (uint8_t)(port == UART ? 0x60 : 0xf4);
}

void outb(uint16_t port, uint8_t value)
{
	out_port = port;
	out_value = value;
}

/* ---- exits ---- */

static void sync_slow(struct vcpu *v)
{
	(void)v;
}

static const struct vcpu_vendor vendor = {.sync = sync_slow};

/* A vCPU in 64-bit mode. */
static void start(enum exit_kind kind)
{
	vcpu = (struct vcpu){.vendor = &vendor,
			     .rip = RIP,
			     .efer = EFER_LME | EFER_LMA,
			     .pat = START_PAT,
			     .slow = {.cr0 = CR0_PE | CR0_PG, .rflags = RFLAGS_IF},
			     .exit = {.kind = kind, .length = LENGTH}};
	logged[0] = '\0';
	hooked_ios = out_port = out_value = abi_exits = 0;
}

/* ABIs hear of each exit, after it is handled. */
static bool handle(void)
{
	bool goes_on = vcpu_handle_exit(&vcpu);

	assert_int_equal(abi_exits, 1);
	return goes_on;
}

static void assert_goes_on(void)
{
	assert_true(handle());
	assert_int_equal(vcpu.rip, RIP + LENGTH);
	assert_false(vcpu.event.pending);
}

static void assert_exception(unsigned vector)
{
	assert_true(handle());
	assert_int_equal(vcpu.rip, RIP);
	assert_true(vcpu.event.pending);
	assert_int_equal(vcpu.event.vector, vector);
	assert_int_equal(vcpu.event.has_error, vector == VECTOR_GP);
	assert_int_equal(vcpu.event.error, 0);
}

static void start_wrmsr(uint32_t msr, uint64_t value)
{
	start(EXIT_WRMSR);
	vcpu.regs.rcx = (UINT64_C(0xdead) << 32) | msr; /* the upper halves are ignored */
	vcpu.regs.rax = (UINT64_C(0xdead) << 32) | (uint32_t)value;
	vcpu.regs.rdx = (UINT64_C(0xdead) << 32) | value >> 32;
}

/* ---- MSRs ---- */

/* RDMSR fills EDX:EAX, and clears the upper halves. */
static void test_rdmsr(void **state)
{
	static const struct {
		uint32_t msr;
		uint64_t value;
	} table[] = {{0x1234, NOISE},
		     {MSR_EFER, EFER_LME | EFER_LMA},
		     {MSR_PAT, START_PAT},
		     {MSR_TSC, 0x5000000006},
		     {MSR_APIC_BASE, 5}};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		start(EXIT_RDMSR);
		vcpu.regs = (struct gprs){.rax = ~NOISE, .rdx = ~NOISE};
		vcpu.regs.rcx = (UINT64_C(0xdead) << 32) | table[i].msr;
		assert_goes_on();
		assert_int_equal(vcpu.regs.rax, (uint32_t)table[i].value);
		assert_int_equal(vcpu.regs.rdx, table[i].value >> 32);
		assert_string_equal(logged, "");
	}
	start(EXIT_RDMSR);
	vcpu.regs = (struct gprs){.rax = NOISE, .rcx = 0x1111, .rdx = NOISE};
	assert_exception(VECTOR_GP);
	assert_int_equal(vcpu.regs.rax, NOISE);
	assert_int_equal(vcpu.regs.rdx, NOISE);
	assert_string_equal(logged, "msr 0 rdmsr 0x1111 = #GP");
	start(EXIT_RDMSR);
	vcpu.regs = (struct gprs){.rax = NOISE, .rcx = 0x1235, .rdx = NOISE};
	assert_true(handle()); /* the ABI has made the #GP */
	assert_int_equal(vcpu.rip, RIP);
	assert_int_equal(vcpu.regs.rax, NOISE);
	assert_string_equal(logged, "");
}

static void test_wrmsr(void **state)
{
	(void)state;
	start_wrmsr(0x1234, UINT64_C(0x9abcdef055667788));
	assert_goes_on();
	assert_int_equal((uint32_t)vcpu.regs.rax, 0x55667788);
	start_wrmsr(MSR_APIC_BASE, 5);
	assert_goes_on();
	start_wrmsr(MSR_APIC_BASE, 6);
	assert_exception(VECTOR_GP);
	start_wrmsr(MSR_TSC, 0);
	assert_exception(VECTOR_GP);
	assert_string_equal(logged, "msr 0 wrmsr 0x10 = #GP");
	start_wrmsr(0x1235, 0);
	assert_true(handle());
	assert_int_equal(vcpu.rip, RIP);
	assert_string_equal(logged, "");
}

/* APM2 3.1.7: reserved bits, and LME under paging; LMA is the CPU's. */
static void test_efer(void **state)
{
	static const struct {
		uint64_t cr0, before, value, after; /* after: 0 for a #GP */
	} table[] = {
		{CR0_PG, BIT(8) | BIT(10), BIT(8) | BIT(11) | 1, BIT(8) | BIT(10) | BIT(11) | 1},
		{CR0_PG, BIT(8) | BIT(10), BIT(8) | BIT(10), BIT(8) | BIT(10)},
		{CR0_PG, BIT(8) | BIT(10), BIT(11), 0},
		{CR0_PG, BIT(11), BIT(8), 0},
		{CR0_PG, BIT(11), 1 | BIT(10), 1},
		{0, BIT(11), BIT(8), BIT(8)},
		{0, BIT(8), 1, 1},
		{0, BIT(8), BIT(8) | BIT(12), 0}, /* SVME */
		{0, BIT(8), BIT(8) | BIT(1), 0},
		{0, BIT(8), BIT(8) | BIT(9), 0},
		{0, BIT(8), BIT(8) | BIT(63), 0},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		start_wrmsr(MSR_EFER, table[i].value);
		vcpu.efer = table[i].before;
		vcpu.slow.cr0 = CR0_PE | table[i].cr0;
		if (table[i].after)
			assert_goes_on();
		else
			assert_exception(VECTOR_GP);
		assert_int_equal(vcpu.efer, table[i].after ? table[i].after : table[i].before);
	}
}

/* APM2 7.8.2: types 0, 1 and 4 to 7, in each of eight fields. */
static void test_pat(void **state)
{
	(void)state;
	for (unsigned shift = 0; shift < 64; shift += 8) {
		for (uint64_t type = 0; type < 256; type++) {
			const uint64_t value =
				(START_PAT & ~(UINT64_C(0xff) << shift)) | type << shift;
			const bool good = type < 8 && type != 2 && type != 3;

			start_wrmsr(MSR_PAT, value);
			if (good)
				assert_goes_on();
			else
				assert_exception(VECTOR_GP);
			assert_int_equal(vcpu.pat, good ? value : START_PAT);
		}
	}
}

/* ---- ports ---- */

static void start_io(uint16_t port, uint8_t size, bool in)
{
	start(EXIT_IO);
	vcpu.exit.io.port = port;
	vcpu.exit.io.size = size;
	vcpu.exit.io.in = in;
	vcpu.regs.rax = NOISE;
}

/* All ones, into as much of RAX as an IN of that size writes. */
static void test_in(void **state)
{
	static const struct {
		uint16_t port;
		uint8_t size;
		uint64_t rax;
	} table[] = {
		{0x80, 1, NOISE | 0xff},     {0x80, 2, NOISE | 0xffff},
		{0x80, 4, 0xffffffff},       {UART, 1, (NOISE & ~UINT64_C(0xff)) | 0x60},
		{UART, 2, NOISE | 0xffff},   {DEBUG_EXIT, 1, (NOISE & ~UINT64_C(0xff)) | 0xf4},
		{DEBUG_EXIT, 4, 0xffffffff},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		start_io(table[i].port, table[i].size, true);
		assert_goes_on();
		assert_int_equal(vcpu.regs.rax, table[i].rax);
		assert_int_equal(hooked_ios, 1);
		assert_int_equal(!logged[0], i == 3 || i == 5); /* what passes is not logged */
	}
}

static void test_out(void **state)
{
	(void)state;
	start_io(RTC, 1, false); /* clock.c has done it */
	assert_goes_on();
	assert_string_equal(logged, "");
	start_io(PCI, 4, false); /* pci_uart.c has */
	assert_goes_on();
	assert_string_equal(logged, "");
	start_io(0x80, 2, false);
	assert_goes_on();
	assert_string_equal(logged, "io 0 out 0x80 2 0x7788");
	assert_int_equal(hooked_ios, 1);
	assert_int_equal(out_port, 0);
	start_io(DEBUG_EXIT, 2, false);
	assert_goes_on();
	assert_int_equal(out_port, 0);
}

/* Strings: INS is a #GP; OUTS writes nothing, but its registers change. */
static void test_strings(void **state)
{
	static const struct {
		bool repeated;
		uint8_t size;
		uint64_t rflags, rsi, rcx;
	} table[] = {
		{false, 1, 0, 1001, 3},
		{false, 4, RFLAGS_DF, 996, 3},
		{true, 1, 0, 1003, 0},
		{true, 2, RFLAGS_DF, 994, 0},
	};

	(void)state;
	start_io(0x80, 1, true);
	vcpu.exit.io.string = true;
	assert_exception(VECTOR_GP);
	assert_string_equal(logged, "io 0 in 0x80 1 = #GP");
	assert_int_equal(hooked_ios, 0);
	for (unsigned i = 0; i < COUNT(table); i++) {
		start_io(DEBUG_EXIT, table[i].size, false);
		vcpu.exit.io.string = true;
		vcpu.exit.io.repeated = table[i].repeated;
		vcpu.slow.rflags = table[i].rflags;
		vcpu.regs.rsi = 1000;
		vcpu.regs.rcx = 3;
		assert_goes_on();
		assert_int_equal(vcpu.regs.rsi, table[i].rsi);
		assert_int_equal(vcpu.regs.rcx, table[i].rcx);
		assert_int_equal(out_port, 0);
	}
}

static void test_verdict(void **state)
{
	(void)state;
	start_io(DEBUG_EXIT, 1, false);
	changed = true;
	assert_false(handle());
	changed = false;
	assert_non_null(strstr(vcpu.end_reason, "changed the host's memory"));
	assert_int_equal(out_port, 0);
	start_io(DEBUG_EXIT, 1, false);
	assert_goes_on();
	assert_int_equal(out_port, DEBUG_EXIT);
	assert_int_equal(out_value, 0x88);
	assert_int_equal(vcpu.debug_exit_code, 0x88);
	assert_string_equal(logged, "verdict 0 0x88");
}

/* ---- instructions and the like ---- */

/*
 * With interrupts on HLT ends at once; with them off if a hook says so.  Else that is the end of
 * vCPU 0, not of others.
 */
static void test_hlt(void **state)
{
	(void)state;
	start(EXIT_HLT);
	assert_goes_on();
	assert_false(vcpu.halted);
	start(EXIT_HLT);
	vcpu.slow.rflags = ~RFLAGS_IF;
	assert_false(handle());
	assert_string_equal(vcpu.end_reason, "halted with interrupts off");
	assert_string_equal(logged, "end 0 0x100123 halted with interrupts off");
	start(EXIT_HLT);
	vcpu.slow.rflags = 0;
	vcpu.debug_exit_code = 1;
	assert_false(handle());
	assert_string_equal(vcpu.end_reason, "halted with interrupts off");
	assert_string_equal(logged, "");
	start(EXIT_HLT);
	vcpu.slow.rflags = 0;
	vcpu.id = 1;
	assert_false(handle());
	assert_true(vcpu.halted);
	assert_null(vcpu.end_reason);
	for (unsigned id = 0; id < 2; id++) {
		start(EXIT_HLT);
		vcpu.slow.rflags = 0;
		vcpu.id = id;
		woken = true;
		assert_goes_on();
		assert_false(vcpu.halted);
		woken = false;
	}
}

static void test_interrupts(void **state)
{
	(void)state;
	start(EXIT_INTERRUPT);
	interrupts = 0;
	assert_true(handle());
	assert_int_equal(interrupts, 1);
	assert_int_equal(vcpu.rip, RIP);
}

static void test_exceptions(void **state)
{
	const struct vcpu_event event = {
		.pending = true, .has_error = true, .vector = VECTOR_PF, .error = 6};

	(void)state;
	start(EXIT_INSTRUCTION);
	assert_exception(VECTOR_UD);
	assert_string_equal(logged, "forbidden 0 0x100123 = #UD");
	for (unsigned taken = 0; taken < 2; taken++) {
		start(EXIT_EXCEPTION);
		vcpu.exit.event = event;
		takes_exception = taken;
		assert_true(handle());
		assert_int_equal(vcpu.event.pending, !taken);
		assert_int_equal(vcpu.event.vector, taken ? 0 : VECTOR_PF);
		assert_int_equal(vcpu.event.error, taken ? 0 : 6);
		assert_int_equal(vcpu.event.has_error, !taken);
	}
	takes_exception = false;
	start(EXIT_EXCEPTION); /* in real mode: no error code */
	vcpu.exit.event = event;
	vcpu.slow.cr0 = 0;
	assert_true(handle());
	assert_true(vcpu.event.pending);
	assert_false(vcpu.event.has_error);
}

/* A write of CR0 flips NE, and is made again; of CR4: #GP. */
static void test_cr_write(void **state)
{
	(void)state;
	start(EXIT_CR_WRITE);
	vcpu.exit.cr = 0;
	assert_true(handle());
	assert_int_equal(vcpu.rip, RIP);
	assert_int_equal(vcpu.slow.cr0, CR0_PE | CR0_PG | CR0_NE);
	assert_false(vcpu.event.pending);
	start(EXIT_CR_WRITE);
	vcpu.exit.cr = 4;
	assert_exception(VECTOR_GP);
}

static void test_ends(void **state)
{
	static const struct {
		enum exit_kind kind;
		const char *why, *line;
	} table[] = {
		{EXIT_TRIPLE_FAULT, "triple fault", "end 0 "},
		{EXIT_NESTED_FAULT, "touched memory that it does not have", "end 0 "},
		{EXIT_INIT, "was stopped by an NMI or INIT", "end 0 "},
		{EXIT_ENTRY_FAILED, "state that the CPU does not accept", "end 0 "},
		{EXIT_UNKNOWN, "an exit that nobody knows", "end 0 "},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		start(table[i].kind);
		assert_false(handle());
		assert_non_null(strstr(vcpu.end_reason, table[i].why));
		assert_int_equal(strncmp(logged, table[i].line, strlen(table[i].line)), 0);
	}
	start(EXIT_NESTED_FAULT);
	takes_page_access = true;
	assert_true(handle());
	takes_page_access = false;
	takes_nested_fault = true;
	for (unsigned pending = 0; pending < 2; pending++) {
		start(EXIT_NESTED_FAULT);
		vcpu.exit.event = (struct vcpu_event){.pending = pending, .vector = VECTOR_UD};
		assert_true(handle());
		assert_memory_equal(&vcpu.event, &vcpu.exit.event, sizeof(vcpu.event));
	}
	takes_nested_fault = false;
	start(EXIT_NESTED_FAULT);
	vcpu.end_reason = "did something else"; /* as lapic_page_access() says */
	assert_false(handle());
	assert_string_equal(vcpu.end_reason, "did something else");
}

/* An NMI ends the guest only if another vCPU wants that; an INIT makes the vCPU leave. */
static void test_others(void **state)
{
	(void)state;
	start(EXIT_NMI);
	assert_true(handle());
	assert_null(vcpu.end_reason);
	start(EXIT_NMI);
	vcpu.stopped = true;
	assert_false(handle());
	assert_string_equal(vcpu.end_reason, "was stopped by an NMI or INIT");
	start(EXIT_NMI);
	vcpu.startup = STARTUP_INIT;
	assert_false(handle());
	assert_null(vcpu.end_reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rdmsr),      cmocka_unit_test(test_wrmsr),
		cmocka_unit_test(test_efer),       cmocka_unit_test(test_pat),
		cmocka_unit_test(test_in),         cmocka_unit_test(test_out),
		cmocka_unit_test(test_strings),    cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_hlt),        cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_exceptions), cmocka_unit_test(test_cr_write),
		cmocka_unit_test(test_ends),       cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
