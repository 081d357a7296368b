/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * src/host/vmx.c with exits.c, on CPUs that no emulator has.  Sections are of the SDM, volume 3
 * (325384-083).  Its numbers are written here as numbers, so that vmcs.h is tested too.
 */
#include "fake_cpu.h"

#include "host/abi.h"
#include "host/checksum.h"
#include "host/clock.h"
#include "host/hooks.h"
#include "host/interrupt.h"
#include "host/lapic.h"
#include "host/log.h"
#include "host/pci_uart.h"
#include "host/vcpus.h"
#include "host/vmx.h"
#include "vendor_fixture.h"

#define LENGTH 3u /* of the instruction that exits, unless it matters */
#define NOISE  UINT64_C(0x5aa5f00dbadc0de5)

#define FEATURE_CONTROL 0x3au
#define BASIC           0x480u
#define REVISION        0x12u
#define PROC2           0x48bu
#define EPT             0x48cu
#define TRUE_PIN        0x48du
#define TRUE_PROC       0x48eu
#define TRUE_EXIT       0x48fu
#define TRUE_ENTRY      0x490u

/* A.2: controls that must be 1, and those that may be. */
#define CONTROLS(must, may) ((uint64_t)((must) | (may)) << 32 | (must))

#define EVENT_GP       0x80000b0du /* 25.8.3: valid, with an error code, an exception, 13 */
#define EVENT_PF       0x80000b0eu
#define EVENT_UD       0x80000306u
#define EVENT_DB       0x80000301u
#define WITH_ERROR     0x800u
#define GUEST_SEES_CR0 (CR0_PE | CR0_ET)

/*
 * A CPU that can just run a guest.  MSRs that exist only with a bit of another one: A.1 (BASIC bit
 * 55), A.3.3 (PROC2), A.10 (EPT).
 */
static const struct fake_cpu least = {
	.cr0 = CR0_PE | CR0_PG | CR0_WP,
	.cr2 = 0x2222,
	.cr3 = 0x3000,
	.cr4 = CR4_PAE,
	.cs = 0x08,
	.ss = 0x10,
	.ds = 0x18,
	.es = 0x20,
	.fs = 0x28,
	.gs = 0x40,
	.leaves = {{1, {.ecx = BIT(5)}}},
	.msrs =
		{
			{.number = FEATURE_CONTROL},
			{.number = BASIC, .value = UINT64_C(0x00da0400) << 32 | REVISION},
			{TRUE_PIN, CONTROLS(0x16, 0), BASIC, BIT(55)},
			{TRUE_PROC, CONTROLS(0x04006172, BIT(7) | BIT(25) | BIT(28) | BIT(31)),
			 BASIC, BIT(55)},
			{TRUE_EXIT,
			 CONTROLS(0x36dfb, BIT(2) | BIT(9) | BIT(19) | BIT(20) | BIT(21)), BASIC,
			 BIT(55)},
			{TRUE_ENTRY, CONTROLS(0x11fb, BIT(2) | BIT(14) | BIT(15)), BASIC, BIT(55)},
			{PROC2, CONTROLS(0, BIT(1) | BIT(7)), TRUE_PROC, BIT(63)},
			{EPT, BIT(6) | BIT(14) | BIT(16), PROC2, BIT(33) | BIT(37)},
			{.number = MSR_EFER, .value = EFER_LME | EFER_LMA | EFER_NXE},
			{.number = MSR_PAT, .value = 0x0406},
			{.number = MSR_LSTAR, .value = 0x1515},
		},
};

/* ---- the VMX instructions ---- */

static uint64_t vmcs[0x7000];
static bool written[COUNT(vmcs)];
static const uint8_t *current;
static char steps[100];
static struct cpu the_cpu;

static void step(const char *name)
{
	strncat(steps, name, sizeof(steps) - strlen(steps) - 1);
	strncat(steps, " ", sizeof(steps) - strlen(steps) - 1);
}

/* 24.7, 25.2: what the CPU needs to be set, and that a region begins with the revision. */
void vmx_region(const char *instruction, const uint8_t *region)
{
	uint32_t revision;

	assert_int_equal(fake_msr(FEATURE_CONTROL)->value & 5, 5);
	assert_int_equal(fake.cr0, least.cr0 | CR0_NE);
	assert_int_equal(fake.cr4, least.cr4 | CR4_VMXE);
	assert_int_equal((uintptr_t)region % PAGE_SIZE, 0);
	memcpy(&revision, region, sizeof(revision));
	assert_int_equal(revision, REVISION);
	step(instruction);
	current = region;
}

uint64_t vmread(uint32_t field)
{
	assert_non_null(current);
	return vmcs[field];
}

void vmwrite(uint32_t field, uint64_t value)
{
	assert_non_null(current);
	assert_int_not_equal(field >> 10 & 3, 1); /* read-only: table 25-19 */
	vmcs[field] = value;
	written[field] = true;
}

void invept_all(void)
{
	step("invept");
}

void vmxoff(void)
{
	step("vmxoff");
}

struct table_register read_gdtr(void)
{
	return (struct table_register){0x67, 0x6000};
}

struct table_register read_idtr(void)
{
	return (struct table_register){0xfff, 0x5000};
}

struct cpu *this_cpu(void)
{
	return &the_cpu;
}

/* ---- what vmx.c and exits.c call ---- */

static char logged[2][200];  /* the last two lines */
static uint32_t asked_for;   /* the last MSR that ABIs were asked for */
static uint64_t rsp_of_call; /* the hypercall sets RSP to this; 0: it does not */

void vmx_run(struct vcpu *v)
{
	assert_true(v->entered);
	assert_ptr_equal(v, &vcpu);
	step("run");
}

void vapic_interrupt(struct vcpu *v)
{
	assert_ptr_equal(v, &vcpu);
	if (v->exit.open)
		v->event = (struct vcpu_event){.pending = true,
					       .interrupt = true,
					       .vector = (uint8_t)v->vendor->take_interrupt()};
}

int interrupt_take(void)
{
	return 0x55;
}

void vmx_unblock_nmis(void)
{
}

const char *checksum_changed(void)
{
	return NULL;
}

unsigned vcpus_count(void)
{
	return 1;
}

bool lapic_page_access(struct vcpu *v)
{
	(void)v;
	return false;
}

bool lapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	(void)v, (void)msr, (void)value;
	return false;
}

bool lapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	(void)v, (void)msr, (void)value;
	return false;
}

void log_line(const char *fmt, ...)
{
	va_list args;

	memcpy(logged[0], logged[1], sizeof(logged[0]));
	va_start(args, fmt);
	vsnprintf(logged[1], sizeof(logged[1]), fmt, args);
	va_end(args);
}

static void hypercall(struct vcpu *v)
{
	if (!rsp_of_call)
		return;
	vcpu_sync(v);
	assert_int_equal(v->rip, RIP + 3); /* after VMCALL */
	v->slow.rsp = rsp_of_call;
	v->slow.rflags = 0x9991;
	v->slow.cr2 = 0x9992;
	v->slow.cr4 = 0x9993 & ~CR4_VMXE;
	v->slow.fs_base = 0x9994;
	v->slow.gs_base = 0x9995;
	v->slow.lstar = 0x9996;
	v->slow.ds = 0x9997;
	v->slow.idtr_limit = 0x9998;
}

enum msr_outcome abi_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	(void)v, (void)value;
	asked_for = msr;
	return MSR_UNKNOWN;
}

enum msr_outcome abi_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	(void)v, (void)value;
	asked_for = msr;
	return MSR_UNKNOWN;
}

void abi_cpuid(struct vcpu *v, uint32_t leaf, struct cpuid_regs *answer)
{
	(void)v, (void)leaf, (void)answer;
}

void abi_exit(struct vcpu *v)
{
	(void)v;
}

bool clock_rtc_io(struct vcpu *v)
{
	(void)v;
	return false;
}

bool pci_uart_io(struct vcpu *v)
{
	(void)v;
	return false;
}

static int setup(void **state)
{
	(void)state;
	fake = least;
	for (unsigned i = 0; i < COUNT(vmcs); i++) {
		vmcs[i] = NOISE; /* 25.11.3: a new VMCS may hold anything */
		written[i] = false;
	}
	current = NULL;
	steps[0] = '\0';
	memset(logged, 0, sizeof(logged));
	rsp_of_call = 0;
	vcpu = (struct vcpu){
		.vendor = &vmx_vendor, .pages = pages, .pat = START_PAT, .hypercall = hypercall};
	return 0;
}

static int setup_running(void **state)
{
	setup(state);
	vmx_vendor.init();
	vmx_vendor.run(&vcpu, &begin);
	return 0;
}

/* ---- what the CPU has ---- */

/* VMX is offered if CPUID has its bit (24.6).  No MSR may be read: all are missing here. */
static void test_offered(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		fake = (struct fake_cpu){.leaves = {{1, {.ecx = (uint32_t)BIT(bit)}}}};
		assert_int_equal(vmx_vendor.offered(), bit == 5);
		fake.leaves[0].regs.ecx = ~fake.leaves[0].regs.ecx;
		assert_int_equal(vmx_vendor.offered(), bit != 5);
	}
}

static void check_available(const char *want)
{
	const char *why = NULL;

	assert_int_equal(vmx_vendor.available(&why), !want);
	if (want)
		assert_string_equal(why, want);
}

/*
 * 24.7: firmware disables VMX by the lock bit without bit 2.  Without the lock the host sets bit
 * 2.
 */
static void test_firmware(void **state)
{
	static const char disabled[] = "the firmware has disabled VMX: wanted bit 2 of "
				       "IA32_FEATURE_CONTROL (MSR 0x3a) set, or bit 0 clear";

	(void)state;
	for (unsigned value = 0; value < 8; value++) {
		fake_msr(FEATURE_CONTROL)->value = value;
		check_available((value & 1) && !(value & 4) ? disabled : NULL);
	}
}

/*
 * For each bit that a CPU lacks there is a message, and no MSR is read that such a CPU does not
 * have.
 */
static void test_capabilities(void **state)
{
	static const struct {
		uint32_t msr;
		unsigned bits[6]; /* up to a 0 */
		const char *why;
	} table[] = {
		{BASIC, {55}, "this CPU has no TRUE VMX controls: wanted bit 55 of MSR 0x480"},
		{TRUE_PROC,
		 {63},
		 "this CPU has no secondary VMX controls: wanted bit 63 of MSR 0x48e"},
		{PROC2, {33}, "this CPU has no EPT: wanted bit 33 of MSR 0x48b"},
		{PROC2, {39}, "this CPU has no unrestricted guests: wanted bit 39 of MSR 0x48b"},
		{EPT,
		 {6, 14, 16},
		 "this CPU's EPT lacks four levels, write-back tables or 2 MiB pages: wanted bits "
		 "6, 14 and 16 of MSR 0x48c"},
		{TRUE_PROC,
		 {39, 57, 60},
		 "this CPU has no bitmaps of ports and MSRs: wanted bits 39, 57 and 60 of MSR "
		 "0x48e"},
		{TRUE_EXIT,
		 {34, 41, 51, 52, 53},
		 "this CPU's VM exits don't switch EFER and PAT: wanted bits 34, 41, 51, 52 and 53 "
		 "of MSR 0x48f"},
		{TRUE_ENTRY,
		 {34, 46, 47},
		 "this CPU's VM entries don't switch EFER and PAT: wanted bits 34, 46 and 47 of "
		 "MSR 0x490"},
	};

	(void)state;
	check_available(NULL);
	for (unsigned i = 0; i < COUNT(table); i++) {
		for (const unsigned *bit = table[i].bits; *bit; bit++) {
			fake_msr(table[i].msr)->value &= ~BIT(*bit);
			check_available(table[i].why);
			fake = least;
			fake_msr(table[i].msr)->value = ~BIT(*bit);
			check_available(table[i].why);
			fake = least;
		}
	}
}

/* ---- before the first entry ---- */

/* 24.7: VMXON, then the VMCS.  IA32_FEATURE_CONTROL is written only if it is not locked. */
static void test_enter(void **state)
{
	static const uint64_t firmware[] = {0, 4, 5};

	for (unsigned i = 0; i < COUNT(firmware); i++) {
		setup(state);
		fake_msr(FEATURE_CONTROL)->value = firmware[i];
		vmx_vendor.run(&vcpu, &begin);
		assert_int_equal(fake_msr(FEATURE_CONTROL)->value, 5);
		assert_string_equal(steps, "vmxon vmclear vmptrld run vmxoff ");
		assert_false(vcpu.entered); /* an NMI in the host matters no more */
		assert_ptr_equal(current, pages[0]);
	}
}

/* 25.11.3: all fields that the host uses are written before the first entry. */
static void test_all_written(void **state)
{
	static const struct {
		uint32_t field;
		const char *name;
	} fields[] = {
#define X(name, encoding, width, type) {encoding, #name},
		VMCS_FIELDS(X)
#undef X
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(fields); i++) {
		const uint32_t field = fields[i].field;
		const bool want = (field >> 10 & 3) != 1; /* only the CPU writes these */

		if (written[field] != want)
			fail_msg("%s: wanted it %s", fields[i].name, want ? "written" : "left");
	}
}

/* A.2: controls that must be 1, and those that the host wants and that may be 1. */
static void test_controls(void **state)
{
	static const struct {
		uint32_t field, msr;
		uint64_t optional; /* the host can do without these */
	} table[] = {
		{VMCS_PIN_CONTROLS, TRUE_PIN, BIT(3)},              /* NMI */
		{VMCS_PROC_CONTROLS, TRUE_PROC, BIT(10) | BIT(29)}, /* MWAIT, MONITOR */
		{VMCS_PROC_CONTROLS2, PROC2, 0},
		{VMCS_EXIT_CONTROLS, TRUE_EXIT, 0},
		{VMCS_ENTRY_CONTROLS, TRUE_ENTRY, 0},
	};
	uint64_t minimum[COUNT(table)];

	for (unsigned i = 0; i < COUNT(table); i++) {
		minimum[i] = fake_msr(table[i].msr)->value >> 32;
		assert_int_equal(vmcs[table[i].field], minimum[i]);
	}
	setup(state);
	for (unsigned i = 0; i < COUNT(table); i++)
		fake_msr(table[i].msr)->value |= UINT64_C(0xffffffff) << 32;
	vmx_vendor.run(&vcpu, &begin);
	for (unsigned i = 0; i < COUNT(table); i++)
		assert_int_equal(vmcs[table[i].field], minimum[i] | table[i].optional);
}

/* 25.6.9: 1 KiB each for reads of low MSRs, reads of high ones, writes of low and of high ones. */
static void test_msr_map(void **state)
{
	const uint8_t *map = (const uint8_t *)vmcs[VMCS_MSR_BITMAP];

	(void)state;
	assert_int_equal((uintptr_t)map % PAGE_SIZE, 0);
	for (uint32_t bit = 0; bit < 8 * PAGE_SIZE; bit++) {
		const uint32_t part = bit / 0x2000;
		const uint32_t msr = bit % 0x2000 + (part % 2 ? 0xc0000000 : 0);

		if ((map[bit / 8] >> bit % 8 & 1) == is_passthrough(msr))
			fail_msg("%s of MSR %#x: wanted it %s", part < 2 ? "RDMSR" : "WRMSR", msr,
				 is_passthrough(msr) ? "passed" : "to exit");
	}
}

/* 25.6.4: bitmap A is for ports below 0x8000, B for others.  25.6.11: four levels, write-back. */
static void test_addresses(void **state)
{
	const uint64_t ports = (uintptr_t)io_bitmap_init();

	(void)state;
	assert_int_equal(vmcs[VMCS_IO_BITMAP_A], ports);
	assert_int_equal(vmcs[VMCS_IO_BITMAP_B], ports + PAGE_SIZE);
	assert_int_equal(vmcs[VMCS_EPT_POINTER], ROOT | 6 | 3 << 3);
	assert_int_equal(vmcs[VMCS_LINK_POINTER], UINT64_MAX); /* 25.4.2: there is no other VMCS */
}

/* 28.5: an exit loads the host's state as it was. */
static void test_host_state(void **state)
{
	(void)state;
	assert_int_equal(vmcs[VMCS_HOST_CS_SELECTOR], 0x08);
	assert_int_equal(vmcs[VMCS_HOST_SS_SELECTOR], 0x10);
	assert_int_equal(vmcs[VMCS_HOST_DS_SELECTOR], 0x18);
	assert_int_equal(vmcs[VMCS_HOST_ES_SELECTOR], 0x20);
	assert_int_equal(vmcs[VMCS_HOST_FS_SELECTOR], 0x28);
	assert_int_equal(vmcs[VMCS_HOST_GS_SELECTOR], 0x40);
	assert_int_equal(vmcs[VMCS_HOST_TR_SELECTOR], SEL_TSS);
	assert_int_equal(vmcs[VMCS_HOST_TR_BASE], (uintptr_t)&the_cpu.tss);
	assert_int_equal(vmcs[VMCS_HOST_GDTR_BASE], 0x6000);
	assert_int_equal(vmcs[VMCS_HOST_IDTR_BASE], 0x5000);
	assert_int_equal(vmcs[VMCS_HOST_CR0], least.cr0 | CR0_NE);
	assert_int_equal(vmcs[VMCS_HOST_CR3], least.cr3);
	assert_int_equal(vmcs[VMCS_HOST_CR4], least.cr4 | CR4_VMXE);
	assert_int_equal(vmcs[VMCS_HOST_EFER], EFER_LME | EFER_LMA | EFER_NXE);
	assert_int_equal(vmcs[VMCS_HOST_PAT], 0x0406);
}

/* CR0.NE and CR4.VMXE are set, as VMX needs (A.7, A.8), but the guest reads 0: 25.6.6. */
static void test_guest_state(void **state)
{
	(void)state;
	assert_int_equal(vmcs[VMCS_GUEST_RIP], RIP);
	assert_int_equal(vmcs[VMCS_GUEST_CS_SELECTOR], begin.code.selector);
	assert_int_equal(vmcs[VMCS_GUEST_CS_BASE], begin.code.base);
	assert_int_equal(vmcs[VMCS_GUEST_CS_RIGHTS], begin.code.rights);
	assert_int_equal(vmcs[VMCS_GUEST_DS_SELECTOR], begin.data.selector);
	assert_int_equal(vmcs[VMCS_GUEST_CR0], GUEST_SEES_CR0 | CR0_NE);
	assert_int_equal(vmcs[VMCS_CR0_MASK], CR0_NE);
	assert_int_equal(vmcs[VMCS_CR0_SHADOW], GUEST_SEES_CR0);
	assert_int_equal(vmcs[VMCS_GUEST_CR4], CR4_VMXE);
	assert_int_equal(vmcs[VMCS_CR4_MASK], CR4_VMXE);
	assert_int_equal(vmcs[VMCS_CR4_SHADOW], 0);
	vcpu_sync(&vcpu);
	assert_int_equal(vcpu.slow.cr0, GUEST_SEES_CR0);
	assert_int_equal(vcpu.slow.cr4, 0);
}

/* ---- exits ---- */

/* An exit of the guest.  Returns whether the guest goes on. */
static bool leave(uint32_t reason, uint64_t qualification)
{
	vmcs[VMCS_EXIT_REASON] = reason;
	vmcs[VMCS_EXIT_QUALIFICATION] = qualification;
	vmcs[VMCS_EXIT_INSTRUCTION_LENGTH] = LENGTH;
	vmcs[VMCS_GUEST_RIP] = RIP;
	vmcs[VMCS_ENTRY_EVENT] = 0; /* 25.8.3: an exit clears the event */
	vmcs[VMCS_ENTRY_EVENT_ERROR] = NOISE;
	vmcs[VMCS_GUEST_INTERRUPTIBILITY] = 9; /* blocked by STI, and by NMI */
	return vmx_exit(&vcpu);
}

/*
 * The guest goes on at @rip, with the exception @event or none.  An STI before it is over, unless
 * the guest tries once more: table 25-3.
 */
static void goes_on(uint64_t rip, uint32_t event)
{
	const uint64_t blocked = rip == RIP && !event ? 9 : 8;

	assert_int_equal(vmcs[VMCS_GUEST_RIP], rip);
	assert_int_equal(vmcs[VMCS_ENTRY_EVENT], event);
	assert_int_equal(vmcs[VMCS_GUEST_INTERRUPTIBILITY], blocked);
}

/* Each reason is translated to its kind (appendix C), and keeps its number. */
static void test_reasons(void **state)
{
	static const uint8_t forbidden[] = {11, 19, 20, 21, 22, 23, 24, 25,
					    26, 27, 36, 39, 50, 53, 55};
	enum { LAST = 75, INVD = 13, VMCALL = 18 };
	uint8_t kinds[LAST + 1];

	memset(kinds, EXIT_UNKNOWN, sizeof(kinds));
	memset(kinds + 33, EXIT_ENTRY_FAILED, 2); /* 33, 34 */
	kinds[41] = EXIT_ENTRY_FAILED;
	kinds[0] = EXIT_EXCEPTION;
	kinds[1] = kinds[7] = EXIT_INTERRUPT;
	kinds[2] = EXIT_TRIPLE_FAULT;
	kinds[3] = EXIT_INIT;
	kinds[10] = EXIT_CPUID;
	kinds[12] = EXIT_HLT;
	kinds[28] = EXIT_CR_WRITE;
	kinds[30] = EXIT_IO;
	kinds[31] = EXIT_RDMSR;
	kinds[32] = EXIT_WRMSR;
	kinds[37] = kinds[52] = EXIT_NMI; /* that came in the host */
	kinds[48] = EXIT_NESTED_FAULT;
	for (unsigned i = 0; i < COUNT(forbidden); i++)
		kinds[forbidden[i]] = EXIT_INSTRUCTION;
	for (uint32_t reason = 0; reason <= LAST; reason++) {
		if (reason == INVD ||
		    reason == VMCALL) /* WBINVD would trap here; a hypercall has no kind */
			continue;
		setup_running(state);
		vcpu.regs.rcx = NOISE;
		vcpu.regs.rax = 0xeaea; /* CPUID does not read this leaf */
		leave(reason, 0);
		assert_int_equal(vcpu.exit.kind, kinds[reason]);
		assert_int_equal(vcpu.exit.code, reason);
		assert_int_equal(vcpu.exit.length, LENGTH);
		if (kinds[reason] == EXIT_RDMSR || kinds[reason] == EXIT_WRMSR)
			assert_int_equal(asked_for, (uint32_t)NOISE);
		if (kinds[reason] == EXIT_INSTRUCTION)
			goes_on(RIP, EVENT_UD);
	}
}

/*
 * 26.2: interrupts exit if asked for, even if the guest can't take one.  Then the next exit is when
 * it can (25.6.2).  25.8.3: the event has type 0.  Nothing is unblocked, for no instruction exits.
 */
static void test_interrupts(void **state)
{
	enum { PIN = 1, WINDOW = 4, IF = 0x200 };
	static const struct {
		uint32_t reason, flags, blocking;
		bool open;
	} table[] = {
		{1, IF, 0, true}, {1, 0, 0, false}, {1, IF, 1, false}, {1, IF, 2, false},
		{7, IF, 0, true}, {1, IF, 8, true}, {1, 0, 1, false},  {7, IF, 8, true},
	};

	for (unsigned i = 0; i < COUNT(table); i++) {
		uint64_t pin, proc;

		setup(state);
		fake_msr(TRUE_PIN)->value |= BIT(32);
		fake_msr(TRUE_PROC)->value |= BIT(34) | BIT(59);
		vmx_vendor.init();
		vmx_vendor.run(&vcpu, &begin);
		pin = vmcs[VMCS_PIN_CONTROLS];
		proc = vmcs[VMCS_PROC_CONTROLS];
		vmx_vendor.intercept_interrupts(&vcpu, true);
		assert_int_equal(vmcs[VMCS_PIN_CONTROLS], pin | PIN);
		vmx_vendor.kicked(); /* keeps the others, which keep this */
		vmcs[VMCS_EXIT_REASON] = table[i].reason;
		vmcs[VMCS_GUEST_RIP] = RIP;
		vmcs[VMCS_ENTRY_EVENT] = 0;
		vmcs[VMCS_GUEST_RFLAGS] = table[i].flags;
		vmcs[VMCS_GUEST_INTERRUPTIBILITY] = table[i].blocking;
		assert_true(vmx_exit(&vcpu));
		assert_int_equal(vmcs[VMCS_ENTRY_EVENT], table[i].open ? 0x80000055 : 0);
		assert_int_equal(vmcs[VMCS_GUEST_RIP], RIP);
		assert_int_equal(vmcs[VMCS_GUEST_INTERRUPTIBILITY], table[i].blocking);
		assert_int_equal(vmcs[VMCS_PIN_CONTROLS], pin | (table[i].open ? PIN : 0));
		assert_int_equal(vmcs[VMCS_PROC_CONTROLS],
				 proc | BIT(27) | (table[i].open ? 0 : WINDOW));
		vmx_vendor.intercept_interrupts(&vcpu, false);
		assert_int_equal(vmcs[VMCS_PIN_CONTROLS], pin);
		assert_int_equal(vmcs[VMCS_PROC_CONTROLS], proc | BIT(27));
	}
}

/* An exit that ends the guest is logged with the number and the name that the SDM gives it. */
static void test_ends(void **state)
{
	static const struct {
		uint32_t reason;
		const char *log, *ended;
	} table[] = {
		{9, "exit 0 0x9 0x1234 task switch", "made an exit that nobody knows"},
		{49, "exit 0 0x31 0x1234 EPT misconfiguration", "made an exit that nobody knows"},
		{60, "exit 0 0x3c 0x1234 unknown", "made an exit that nobody knows"},
		{0xffff, "exit 0 0xffff 0x1234 unknown", "made an exit that nobody knows"},
		/* 27.8: the highest bit is set if an entry failed */
		{0x80000021, "exit 0 0x80000021 0x1234 entry failure: invalid guest state",
		 "is in a state that the CPU does not accept"},
		{0x80000022, "exit 0 0x80000022 0x1234 entry failure: MSR loading",
		 "is in a state that the CPU does not accept"},
		{0x80000029, "exit 0 0x80000029 0x1234 entry failure: machine check",
		 "is in a state that the CPU does not accept"},
		/* a VMCALL with any higher bit is no hypercall */
		{0x80000012, "exit 0 0x80000012 0x1234 VMCALL", "made an exit that nobody knows"},
	};

	for (unsigned i = 0; i < COUNT(table); i++) {
		char end[100];

		setup_running(state);
		assert_false(leave(table[i].reason, 0x1234));
		assert_string_equal(logged[0], table[i].log);
		assert_string_equal(vcpu.end_reason, table[i].ended);
		snprintf(end, sizeof(end), "end 0 %#x %s", RIP, table[i].ended);
		assert_string_equal(logged[1], end);
	}
}

/* 31.4: if VMLAUNCH or VMRESUME fails, the VM-instruction error is the exit's code. */
static void test_refused(void **state)
{
	(void)state;
	vmcs[VMCS_INSTRUCTION_ERROR] = 7;
	vmcs[VMCS_GUEST_RIP] = RIP;
	vmx_entry_failed(&vcpu);
	assert_int_equal(vcpu.exit.kind, EXIT_ENTRY_FAILED);
	assert_string_equal(logged[0], "exit 0 0x7 0 VM-instruction error");
	assert_string_equal(vcpu.end_reason, "is in a state that the CPU does not accept");
	assert_int_equal(vcpu.rip, RIP);
}

/* Table 28-5: size minus 1, direction, string, REP, port. */
static void test_io(void **state)
{
	static const struct {
		uint64_t qualification;
		uint16_t port;
		uint8_t size;
		bool in, string, repeated;
	} table[] = {
		{0x00ed0000, 0xed, 1, false, false, false},
		{0x00ed0048, 0xed, 1, true, false, false},
		{0xffff0001, 0xffff, 2, false, false, false},
		{0x0cf80003, 0xcf8, 4, false, false, false},
		{0x0cfc000b, 0xcfc, 4, true, false, false},
		{0x00640010, 0x64, 1, false, true, false},
		{0x00640031, 0x64, 2, false, true, true},
		{0x00640038, 0x64, 1, true, true, true},
	};

	for (unsigned i = 0; i < COUNT(table); i++) {
		const bool gp = table[i].string && table[i].in; /* INS is a #GP */

		setup_running(state);
		assert_true(leave(30, table[i].qualification));
		assert_int_equal(vcpu.exit.io.port, table[i].port);
		assert_int_equal(vcpu.exit.io.size, table[i].size);
		assert_int_equal(vcpu.exit.io.in, table[i].in);
		assert_int_equal(vcpu.exit.io.string, table[i].string);
		assert_int_equal(vcpu.exit.io.repeated, table[i].repeated);
		goes_on(gp ? RIP : RIP + LENGTH, gp ? EVENT_GP : 0);
	}
}

/*
 * The guest may change CR0.NE: the shadow, which it reads, gets the new value, and it repeats the
 * instruction, now without an exit.  The real bit stays set.
 */
static void test_cr0_ne(void **state)
{
	(void)state;
	for (unsigned moves = 0; moves < 2; moves++) {
		const uint64_t sees = GUEST_SEES_CR0 | (moves == 0 ? CR0_NE : 0);

		assert_true(leave(28, 0x300)); /* MOV to CR0 from RBX: table 28-3 */
		assert_int_equal(vcpu.exit.kind, EXIT_CR_WRITE);
		goes_on(RIP, 0);
		assert_int_equal(vmcs[VMCS_CR0_SHADOW], sees);
		assert_int_equal(vmcs[VMCS_GUEST_CR0], GUEST_SEES_CR0 | CR0_NE);
		vcpu_sync(&vcpu);
		assert_int_equal(vcpu.slow.cr0, sees);
		vcpu.synced = false;
	}
}

/* The guest's CPU has no CR4.VMXE: #GP(0), and nothing changes. */
static void test_cr4_vmxe(void **state)
{
	(void)state;
	assert_true(leave(28, 0x304));
	assert_int_equal(vcpu.exit.kind, EXIT_CR_WRITE);
	goes_on(RIP, EVENT_GP);
	assert_int_equal(vmcs[VMCS_ENTRY_EVENT_ERROR], 0);
	assert_int_equal(vmcs[VMCS_CR0_SHADOW], GUEST_SEES_CR0);
	assert_int_equal(vmcs[VMCS_CR4_SHADOW], 0);
	assert_int_equal(vmcs[VMCS_GUEST_CR4], CR4_VMXE);
}

/* 27.2.1.3: in real mode an entry that injects an error code fails, so there is none. */
static void test_real_mode(void **state)
{
	static const struct {
		uint32_t reason;
		uint64_t qualification;
	} gps[] = {{28, 0x304}, {30, 0x00640018}, {31, 0}, {32, 0}};

	for (unsigned i = 0; i < COUNT(gps); i++) {
		setup_running(state);
		assert_true(leave(gps[i].reason, gps[i].qualification));
		goes_on(RIP, EVENT_GP);
		vmcs[VMCS_GUEST_CR0] &= ~CR0_PE;
		assert_true(leave(gps[i].reason, gps[i].qualification));
		goes_on(RIP, EVENT_GP & ~WITH_ERROR);
	}
}

/* 25.9.2: an exception that exited is injected, with its error code if it has one. */
static void test_exception(void **state)
{
	static const uint32_t events[] = {EVENT_GP, EVENT_UD, EVENT_PF, EVENT_DB};

	(void)state;
	for (unsigned i = 0; i < COUNT(events); i++) {
		vmcs[VMCS_EXIT_EVENT] = events[i];
		vmcs[VMCS_EXIT_EVENT_ERROR] = 0x18;
		assert_true(leave(0, 0));
		goes_on(RIP, events[i]);
		assert_int_equal(vmcs[VMCS_ENTRY_EVENT_ERROR],
				 events[i] & WITH_ERROR ? 0x18 : NOISE);
	}
}

/* Table 28-7 and 25.9.1: an access without memory is logged with its address. */
static void test_memory(void **state)
{
	(void)state;
	vmcs[VMCS_GUEST_PHYSICAL_ADDRESS] = 0xa0008;
	assert_false(leave(48, 0x182));
	assert_int_equal(vcpu.exit.gpa, 0xa0008);
	assert_string_equal(logged[0], "memory 0 0xa0008");
}

static bool lose_page(struct vcpu *v)
{
	v->flush = true;
	return true;
}

/*
 * Table 25-17, 28.2.4: a nested fault that the host takes care of; the event that it interrupted is
 * delivered again, unless an instruction raises it again.  29.4.3.4: the TLB is flushed, if the CPU
 * can do that.
 */
static void test_interrupted(void **state)
{
	static const struct {
		uint32_t interrupted, injected;
	} table[] = {
		{0, 0},
		{EVENT_UD, EVENT_UD},
		{EVENT_PF, EVENT_PF},
		{0x80000041, 0x80000041},
		{0x80000480, 0},
		{0x80000501, 0},
		{0x80000603, 0},
	};

	static const struct hooks hooks = {.nested_fault = lose_page};

	(void)state;
	hooks_add(&hooks);
	steps[0] = '\0';
	for (unsigned i = 0; i < COUNT(table); i++) {
		vmcs[VMCS_INTERRUPTED_EVENT] = table[i].interrupted;
		vmcs[VMCS_INTERRUPTED_ERROR] = 0x18;
		assert_true(leave(48, 0x182));
		goes_on(RIP, table[i].injected);
		if (table[i].injected & WITH_ERROR)
			assert_int_equal(vmcs[VMCS_ENTRY_EVENT_ERROR], 0x18);
		assert_false(vcpu.flush);
	}
	assert_string_equal(steps, "");
	fake_msr(EPT)->value |= BIT(26);
	assert_true(leave(48, 0x182));
	assert_string_equal(steps, "invept ");
	hooks_clear();
}

/* Only the CPU changes EFER.LMA: the guest reads it and cannot write it, nor does the host. */
static void test_efer(void **state)
{
	(void)state;
	vmcs[VMCS_GUEST_EFER] = EFER_LME | EFER_LMA; /* it has turned on paging */
	vcpu.efer = EFER_LME;
	vcpu.regs.rcx = MSR_EFER;
	assert_true(leave(31, 0));
	assert_int_equal(vcpu.regs.rax, EFER_LME | EFER_LMA);

	vcpu.regs.rax = EFER_LME | EFER_NXE;
	vcpu.regs.rdx = 0;
	assert_true(leave(32, 0));
	goes_on(RIP + LENGTH, 0);
	assert_int_equal(vmcs[VMCS_GUEST_EFER], EFER_LME | EFER_LMA | EFER_NXE);

	vmcs[VMCS_GUEST_EFER] &= ~EFER_LMA; /* and off */
	vcpu.regs.rax = EFER_LME | EFER_LMA;
	assert_true(leave(32, 0));
	assert_int_equal(vmcs[VMCS_GUEST_EFER], EFER_LME);
}

/* State that an exit does not change is written back as it was. */
static void test_sync(void **state)
{
	static const uint32_t fields[] = {
		VMCS_GUEST_RSP,  VMCS_GUEST_RFLAGS, VMCS_GUEST_CR0,         VMCS_GUEST_CR3,
		VMCS_GUEST_CR4,  VMCS_GUEST_EFER,   VMCS_GUEST_FS_BASE,     VMCS_GUEST_GS_BASE,
		VMCS_CR0_SHADOW, VMCS_GUEST_PAT,    VMCS_GUEST_DS_SELECTOR, VMCS_GUEST_IDTR_LIMIT,
	};
	uint64_t before[COUNT(fields)];

	(void)state;
	vcpu.efer = EFER_LME | EFER_NXE;
	vmcs[VMCS_GUEST_EFER] = EFER_LME | EFER_LMA | EFER_NXE;
	vmcs[VMCS_GUEST_CR0] |= CR0_PG;
	vmcs[VMCS_CR0_SHADOW] |= CR0_PG; /* only NE counts */
	vmcs[VMCS_GUEST_CR4] |= CR4_PAE;
	vmcs[VMCS_GUEST_RSP] = 0x1001;
	vmcs[VMCS_GUEST_RFLAGS] = 0x202;
	vmcs[VMCS_GUEST_CR3] = 0x3000;
	vmcs[VMCS_GUEST_FS_BASE] = 0xf5f5f5f5f5;
	vmcs[VMCS_GUEST_GS_BASE] = 0x6565656565;
	vmcs[VMCS_GUEST_DS_SELECTOR] = 0x28;
	vmcs[VMCS_GUEST_IDTR_LIMIT] = 0xfff;
	for (unsigned i = 0; i < COUNT(fields); i++)
		before[i] = vmcs[fields[i]];
	fake.cr2 = 0xc2c2;
	fake_msr(MSR_LSTAR)->value = 0x157a;

	assert_true(leave(10, 0));
	for (unsigned i = 0; i < COUNT(fields); i++)
		assert_int_equal(vmcs[fields[i]], before[i]);
	assert_int_equal(fake.cr2, 0xc2c2);
	assert_int_equal(fake_msr(MSR_LSTAR)->value, 0x157a);
	assert_int_equal(vcpu.slow.rsp, 0x1001);
	assert_int_equal(vcpu.slow.cr2, 0xc2c2);
	assert_int_equal(vcpu.slow.lstar, 0x157a);
	assert_int_equal(vcpu.slow.cr4, CR4_PAE);
}

/* CS.L (bit 13 of its rights, 25.4.1) counts only in long mode; else CS.D (bit 14). */
static void test_code(void **state)
{
	static const struct {
		uint64_t efer;
		uint32_t rights;
		uint8_t bits;
	} table[] = {
		{EFER_LMA, 0xa09b, 64}, {EFER_LMA, 0xc09b, 32}, {EFER_LMA, 0x809b, 16},
		{0, 0xe09b, 32},        {0, 0xa09b, 16},        {0, 0xc09b, 32},
		{0, 0x009b, 16},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		vmcs[VMCS_GUEST_EFER] = table[i].efer;
		vmcs[0x4816] = table[i].rights;
		vmcs[0x6808] = 0xffff0000 + i;
		vcpu.synced = false;
		vcpu_sync(&vcpu);
		assert_int_equal(vcpu.slow.code_bits, table[i].bits);
		assert_int_equal(vcpu.slow.cs_base, 0xffff0000 + i);
	}
}

/*
 * The guest goes on after VMCALL.  The slow state is written back only if the hypercall asked for
 * it.
 */
static void test_hypercall(void **state)
{
	(void)state;
	memset(written, 0, sizeof(written));
	assert_true(leave(18, 0));
	goes_on(RIP + 3, 0);
	assert_false(written[VMCS_GUEST_RSP]);
	assert_false(written[VMCS_GUEST_CR4]);
	rsp_of_call = 0x9990;
	assert_true(leave(18, 0));
	goes_on(RIP + 3, 0);
	assert_int_equal(vmcs[VMCS_GUEST_RSP], rsp_of_call);
	assert_int_equal(vmcs[VMCS_GUEST_RFLAGS], 0x9991);
	assert_int_equal(fake.cr2, 0x9992);
	assert_int_equal(vmcs[VMCS_GUEST_CR4], 0x9993 | CR4_VMXE);
	assert_int_equal(vmcs[VMCS_GUEST_FS_BASE], 0x9994);
	assert_int_equal(vmcs[VMCS_GUEST_GS_BASE], 0x9995);
	assert_int_equal(fake_msr(MSR_LSTAR)->value, 0x9996);
	assert_int_equal(vmcs[VMCS_GUEST_DS_SELECTOR], 0x9997);
	assert_int_equal(vmcs[VMCS_GUEST_IDTR_LIMIT], 0x9998);
	assert_false(vcpu.synced);
}

/* SDM volume 3, appendix B; 0: in the CPU, where the guest's value stays. */
static void test_flip(void **state)
{
	static const struct {
		enum vcpu_register which;
		uint32_t field, msr;
	} table[] = {
		{REGISTER_CS, 0x802, 0},
		{REGISTER_SS, 0x804, 0},
		{REGISTER_ES, 0x800, 0},
		{REGISTER_ES_BASE, 0x6806, 0},
		{REGISTER_ES_RIGHTS, 0x4814, 0},
		{REGISTER_GS_LIMIT, 0x480a, 0},
		{REGISTER_FS, 0x808, 0},
		{REGISTER_GS, 0x80a, 0},
		{REGISTER_TR, 0x80e, 0},
		{REGISTER_LDTR, 0x80c, 0},
		{REGISTER_GDTR_LIMIT, 0x4810, 0},
		{REGISTER_GDTR_BASE, 0x6816, 0},
		{REGISTER_IDTR_BASE, 0x6818, 0},
		{REGISTER_KERNEL_GS_BASE, 0, 0xc0000102},
		{REGISTER_STAR, 0, 0xc0000081},
		{REGISTER_CSTAR, 0, 0xc0000083},
		{REGISTER_SFMASK, 0, 0xc0000084},
		{REGISTER_SYSENTER_CS, 0x482a, 0},
		{REGISTER_SYSENTER_ESP, 0x6824, 0},
		{REGISTER_SYSENTER_EIP, 0x6826, 0},
		{REGISTER_CR0, 0x6800, 0},
		{REGISTER_CR3, 0x6802, 0},
		{REGISTER_DR6, 0, 0},
		{REGISTER_DR7, 0x681a, 0},
	};

	(void)state;
	assert_int_equal(COUNT(table), REGISTERS);
	for (unsigned i = 0; i < COUNT(table); i++) {
		uint64_t *changed = table[i].field ? &vmcs[table[i].field] : &fake.dr6;
		uint64_t before;

		if (table[i].msr) {
			fake.msrs[0] = (struct fake_msr){.number = table[i].msr};
			changed = &fake.msrs[0].value;
		}
		before = *changed;
		memset(written, 0, sizeof(written));
		vmx_vendor.flip(&vcpu, table[i].which, BIT(12));
		assert_int_equal(*changed, before ^ BIT(12));
		for (unsigned field = 0; field < COUNT(written); field++)
			assert_int_equal(written[field], table[i].field && field == table[i].field);
	}
}

#define TEST(function)    cmocka_unit_test_setup(function, setup)
#define RUNNING(function) cmocka_unit_test_setup(function, setup_running)

/* 26.5.1, 26.5.2: by what the CPU has; the exit ends it. */
static void test_kick(void **state)
{
	static const struct {
		uint64_t pin, proc; /* what may be 1 besides */
		uint32_t reason;
	} table[] = {
		{BIT(6), 0, 52},
		{0, BIT(27), 37},
		{BIT(6), BIT(27), 52},
		{0, 0, 0},
	};

	for (unsigned i = 0; i < COUNT(table); i++) {
		uint64_t pin, proc;

		setup(state);
		fake_msr(TRUE_PIN)->value |= table[i].pin << 32;
		fake_msr(TRUE_PROC)->value |= table[i].proc << 32;
		vmx_vendor.init();
		vmx_vendor.run(&vcpu, &begin);
		pin = vmcs[VMCS_PIN_CONTROLS];
		proc = vmcs[VMCS_PROC_CONTROLS];
		vmcs[VMCS_TIMER_VALUE] = 77;
		vmx_vendor.kicked();
		assert_int_equal(vmcs[VMCS_PIN_CONTROLS], pin | table[i].pin);
		assert_int_equal(vmcs[VMCS_PROC_CONTROLS], proc | table[i].proc);
		assert_int_equal(vmcs[VMCS_TIMER_VALUE], table[i].pin ? 0 : 77);
		if (!table[i].reason)
			continue;
		vmcs[VMCS_EXIT_REASON] = table[i].reason;
		vmx_exit(&vcpu);
		assert_int_equal(vmcs[VMCS_PIN_CONTROLS], pin);
		assert_int_equal(vmcs[VMCS_PROC_CONTROLS], proc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_offered),        TEST(test_firmware),       TEST(test_capabilities),
		TEST(test_kick),           TEST(test_enter),          RUNNING(test_all_written),
		RUNNING(test_controls),    RUNNING(test_msr_map),     RUNNING(test_addresses),
		RUNNING(test_host_state),  RUNNING(test_guest_state), RUNNING(test_reasons),
		RUNNING(test_ends),        RUNNING(test_refused),     RUNNING(test_interrupts),
		RUNNING(test_io),          RUNNING(test_cr0_ne),      RUNNING(test_cr4_vmxe),
		RUNNING(test_real_mode),   RUNNING(test_exception),   RUNNING(test_memory),
		RUNNING(test_interrupted), RUNNING(test_efer),        RUNNING(test_sync),
		RUNNING(test_code),        RUNNING(test_hypercall),   RUNNING(test_flip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
