/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that misbehaves on purpose, for the tests of the runner and of the reference host.
 *
 *   do=NAME            one of the modes at the end of this file
 *   memory=GPA [write] for do=memory, the default: which page to touch, and how
 *   seed=N count=N [trace] [nostep] for do=fuzz: which steps, how many; name each; no RFLAGS.TF
 */
#include "attack.h"
#include "fuzz.h"
#include "lib/boot.h"
#include "lib/cmdline.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/panic.h"
#include "lib/processors.h"
#include "lib/serial.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/smp.h"
#include "x86/trap.h"

#define GATE_SIZE 16
#define GATE_TYPE 5 /* the byte that holds the present bit, APM2 4.8.4 */
#define UNMAPPED  (PAGING_WINDOW_END - 2 * PAGE_SIZE)

void main(void);

extern uint8_t image_end[];

static struct tap tap;

static struct {
	const char *mode;
	uint64_t memory;
	bool write;
	struct fuzz_options fuzz;
} options;

static _Noreturn void end_as(enum verdict verdict)
{
	machine_exit(EXIT_CODE(verdict));
}

/* ---- streams that no judge may believe ---- */

static void start_one(const char *name)
{
	tap_plan(&tap, 1, NULL);
	tap_run(&tap, name);
	console_flush();
	serial_flush();
}

static void cut(void)
{
	start_one("rogue.cut");
	print("ok 1 - rogue.c");
	end_as(VERDICT_PASS);
}

static void noplan(void)
{
	tap_run(&tap, "rogue.noplan");
	tap_ok(&tap, "rogue.noplan");
	tap_result(&tap, VERDICT_PASS);
	end_as(VERDICT_PASS);
}

static void lie(void)
{
	start_one("rogue.lie");
	tap_ok(&tap, "rogue.lie");
	tap.pass++;
	tap_result(&tap, VERDICT_PASS);
	end_as(VERDICT_PASS);
}

static void late(void)
{
	start_one("rogue.late");
	tap_ok(&tap, "rogue.late");
	tap_result(&tap, VERDICT_PASS);
	tap_not_ok(&tap, "rogue.later", NULL);
	end_as(VERDICT_PASS);
}

static void wrongcode(void)
{
	start_one("rogue.wrongcode");
	tap_not_ok(&tap, "rogue.wrongcode", NULL);
	tap_result(&tap, VERDICT_FAIL);
	end_as(VERDICT_PASS);
}

/* ---- ends without a verdict ---- */

static void hang(void)
{
	start_one("rogue.hang");
	for (;;)
		cpu_relax();
}

static void halt(void)
{
	start_one("rogue.halt");
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void triple(void)
{
	static const struct table_register nothing;

	start_one("rogue.triple");
	__asm__ volatile("lidt %0; ud2" : : "m"(nothing));
}

static void fault_thrice(void *unused)
{
	static const struct table_register nothing;

	(void)unused;
	if (this_cpu()->id == 1)
		__asm__ volatile("lidt %0; ud2" : : "m"(nothing));
}

static void triple_on_1(void)
{
	start_one("rogue.triple-on-1");
	processors_start((uint64_t)image_end, 2, false);
	smp_run(fault_thrice, NULL);
}

/* XCHG: compilers do not use it for a volatile access, and a host need not emulate it. */
static void exchange_apic(void)
{
	uint32_t value = 0;

	start_one("rogue.apic");
	paging_map(UNMAPPED, 0xfee00000, PAGE_RW);
	__asm__ volatile("xchg %0, 0x80(%1)" : "+r"(value) : "r"(UNMAPPED) : "memory");
}

/* A host must end a guest that touches memory which it does not have. */
static void touch_memory(void)
{
	volatile uint8_t *byte = (volatile uint8_t *)UNMAPPED;
	uint8_t was;

	start_one("rogue.memory");
	paging_map(UNMAPPED, options.memory & ~(uint64_t)(PAGE_SIZE - 1), PAGE_RW);
	byte += options.memory % PAGE_SIZE;
	if (options.write)
		*byte = 0x5a;
	was = *byte;
	tap_diag("%#lx holds %#x", options.memory, was);
	tap_ok(&tap, "rogue.memory");
	tap_result(&tap, VERDICT_PASS);
	end_as(VERDICT_PASS);
}

/* ---- unexpected exceptions ---- */

static __attribute__((noinline)) uint64_t recurse(uint64_t depth)
{
	volatile uint64_t kept = depth;

	return depth ? recurse(depth - 1) + kept : 0;
}

static void overflow(void)
{
	start_one("rogue.overflow");
	recurse(UINT64_MAX);
}

/* A page fault without a gate is a double fault: APM2 8.2.9. */
static void break_gates(void)
{
	static uint8_t gates[VECTORS * GATE_SIZE];
	struct table_register idtr;

	start_one("rogue.double");
	__asm__ volatile("sidt %0" : "=m"(idtr));
	memcpy(gates, (const void *)idtr.base, sizeof(gates));
	gates[VECTOR_PF * GATE_SIZE + GATE_TYPE] = 0;
	gates[VECTOR_GP * GATE_SIZE + GATE_TYPE] = 0;
	idtr.base = (uint64_t)gates;
	__asm__ volatile("lidt %0" : : "m"(idtr), "m"(gates));
	*(volatile uint8_t *)UNMAPPED;
}

/* With a different number in each register, for the report. */
static void unexpected(void)
{
	start_one("rogue.unexpected");
	__asm__ volatile("mov $0x5a, %%bpl\n\t"
			 "mov $0x0808, %%r8d; mov $0x0909, %%r9d; mov $0x1010, %%r10d\n\t"
			 "mov $0x1111, %%r11d; mov $0x1212, %%r12d; mov $0x1313, %%r13d\n\t"
			 "mov $0x1414, %%r14d; mov $0x1515, %%r15d; ud2"
			 :
			 : "a"(0xaaaa), "b"(0xbbbb), "c"(0xcccc), "d"(0xdddd), "S"(0x5151),
			   "D"(0xd1d1)
			 : "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");
}

/* ---- modes ---- */

static void attack_host(void)
{
	static const struct attacks *const tables[] = {cpu_attacks, port_attacks, para_attacks,
						       NULL};

	run_attacks(&tap, tables);
}

static void show_kvm(void)
{
	run_attacks(&tap, (const struct attacks *const[]){kvm_registers, NULL});
}

static void call_kvm(void)
{
	run_attacks(&tap, (const struct attacks *const[]){kvm_registers, kvm_calls, NULL});
}

static void fuzz_host(void)
{
	fuzz(&tap, &options.fuzz);
}

static void attack_host_by_apic(void)
{
	attack_pageout = options.fuzz.pageout;
	attack_apic(&tap);
}

static void storm_host(void)
{
	attack_storm(&tap);
}

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
	{"hostile", attack_host},              /* tries what the host must refuse */
	{"hostile-apic", attack_host_by_apic}, /* the same by the APIC, on two vCPUs */
	{"init-0", attack_vcpu_0},             /* vCPU 1 sends vCPU 0 an INIT */
	{"storm", storm_host},        /* INIT and start-up IPIs from two vCPUs to a third */
	{"kvm", show_kvm},            /* says what a KVM shows */
	{"kvm-calls", call_kvm},      /* and does */
	{"fuzz", fuzz_host},          /* does what it can at random */
	{"memory", touch_memory},     /* touches memory=GPA */
	{"hang", hang},               /* spins, with interrupts off */
	{"halt", halt},               /* CLI, HLT */
	{"triple", triple},           /* triple fault */
	{"triple-on-1", triple_on_1}, /* a triple fault on vCPU 1 */
	{"apic", exchange_apic},      /* accesses its APIC by XCHG */
	{"cut", cut},                 /* ends in the middle of a line */
	{"noplan", noplan},           /* never plans its one test */
	{"lie", lie},                 /* counts one success too many */
	{"late", late},               /* goes on after its verdict */
	{"wrongcode", wrongcode},     /* says FAIL, exits as PASS does */
	{"overflow", overflow},       /* runs out of stack */
	{"double", break_gates},      /* double fault */
	{"unexpected", unexpected},   /* invalid opcode outside any interaction */
};

#define NUMBER(variable, text) \
	.kind = OPTION_NUMBER, .number = &(variable), .max = UINT64_MAX, .wanted = (text)

static bool parse_options(char *error)
{
	static uint64_t echo; /* the runner passes these to every guest */
	static const char *require;
	static bool fresh;
	const struct option table[] = {
		{.name = "do", .kind = OPTION_TEXT, .text = &options.mode, .wanted = "a mode"},
		{.name = "memory", NUMBER(options.memory, "a guest-physical address")},
		{.name = "seed", NUMBER(options.fuzz.seed, "a number")},
		{.name = "count", NUMBER(options.fuzz.count, "a number of steps")},
		{.name = "trace", .kind = OPTION_FLAG, .flag = &options.fuzz.trace},
		{.name = "nostep", .kind = OPTION_FLAG, .flag = &options.fuzz.nostep},
		{.name = "write", .kind = OPTION_FLAG, .flag = &options.write},
		{.name = "echo", NUMBER(echo, "a number")},
		{.name = "kvm-echo", NUMBER(echo, "a number")},
		{.name = "pageout", NUMBER(options.fuzz.pageout, "a port")},
		{.name = "require",
		 .kind = OPTION_FLAG_TEXT,
		 .text = &require,
		 .wanted = "nothing or a name"},
		{.name = "fresh", .kind = OPTION_FLAG, .flag = &fresh},
		{.name = "cpus", NUMBER(options.fuzz.cpus, "a number")},
	};
	const char *image;

	options.mode = "memory";
	options.fuzz.count = 200;
	options.fuzz.cpus = 1;
	return cmdline_parse(boot_info.cmdline, table, LENGTH(table), &image, error);
}

void main(void)
{
	char error[CMDLINE_ERROR_MAX];
	bool parsed;

	cpu_init(panic_trap);
	boot_read();
	parsed = parse_options(error);
	panic_init(&tap);
	console_init(SERIAL_ANY, false);
	if (!strcmp(options.mode, "silent")) /* says nothing, exits as PASS does */
		end_as(VERDICT_PASS);
	tap_start(&tap);
	if (!parsed)
		panic("%s", error);
	for (unsigned i = 0; i < LENGTH(modes); i++) {
		if (!strcmp(options.mode, modes[i].name))
			modes[i].run();
	}
	panic("option 'do': there is no mode '%s'", options.mode);
}
