/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference host: takes the guest as its first module, gives it memory of its own, and
 * runs it until it ends, by itself or by what it did.
 */
#include <stddef.h>

#include "host/abi.h"
#include "host/config.h"
#include "host/layout.h"
#include "host/loader.h"
#include "host/log.h"
#include "host/nested_paging.h"
#include "host/vcpus.h"
#include "lib/cmdline.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/multiboot.h"
#include "lib/panic.h"
#include "lib/processors.h"
#include "lib/serial.h"
#include "lib/string.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/paging.h"

#define ONE_MIB (UINT64_C(1) << 20)
#define ONE_GIB (UINT64_C(1) << 30)

void main(void);

extern uint8_t image_start[], image_end[];

static struct guest_memory memory;

/* A message that says why no guest runs, as a whole stream of its own. */
#define REFUSE(...) (start_stream(), panic("host: " __VA_ARGS__))

static void start_stream(void)
{
	tap_start(&(struct tap){0});
}

static void open_console(void)
{
	console_init((uint16_t)config.serial, false);
	if (config.vga)
		console_use_screen();
}

static void configure(void)
{
	char error[CMDLINE_ERROR_MAX];
	char *line = multiboot_cmdline();
	bool parsed = line && config_parse(line, abi_fault_names(), error);
	const char *guest_line = multiboot_module_line();

	if (guest_line)
		config_take_serial(guest_line);
	open_console();
	if (!line)
		REFUSE("command line too long: wanted less than %u characters", BOOT_LINE_SIZE);
	if (!parsed)
		REFUSE("%s", error);
}

static _Noreturn void list_faults(void)
{
	const struct fault *fault;
	struct tap tap;

	tap_start(&tap);
	tap_plan(&tap, 0, "faults");
	for (unsigned i = 0; (fault = abi_fault(i)); i++)
		tap_diag("%s %s %s", fault->name, *fault->rule ? fault->rule : "-", fault->what);
	end_run(&tap, VERDICT_SKIP);
}

/* Memory for the guest, and addresses in the host's for all that is below 1 GiB. */
static void find_memory(void)
{
	char why[MULTIBOOT_WHY_MAX];

	paging_map_identity(ONE_GIB); /* the module, and the other processors' stacks too */
	if (layout_make(&memory, config.memory << 20))
		return;
	multiboot_explain(ONE_MIB, ONE_GIB, LARGE_PAGE_SIZE, why, sizeof(why));
	REFUSE("no memory: wanted %lu MiB for the guest (mem=), besides 640 KiB and the host's 2 MiB: %s",
	       config.memory, why);
}

static void load(struct loaded_guest *loaded)
{
	const struct multiboot_module *module = &boot_info.module;
	char error[LOADER_ERROR_MAX];
	const char *line = multiboot_module_line();
	uint64_t length = module->end - module->start;
	const uint8_t *image;

	if (!(boot_info.mbi.flags & MBI_FLAG_MODS) || !boot_info.mbi.mods_count)
		REFUSE("no module: wanted the guest's image as the first one");
	if (module->end <= module->start)
		REFUSE("the first module is empty: wanted the guest's image");
	if (module->start < (uint64_t)image_end && module->end > (uint64_t)image_start)
		REFUSE("the first module, at %#x-%#x, lies over the host at %#lx-%#lx",
		       module->start, module->end, (uint64_t)image_start, (uint64_t)image_end);
	if (!line)
		REFUSE("the module's command line is too long: wanted less than %u characters",
		       BOOT_LINE_SIZE);
	find_memory();
	image = layout_module(&memory);
	if (!image)
		REFUSE("no memory for the first module: it has %#lx bytes, wanted at most %#lx above %#lx",
		       length, LAYOUT_MODULE_MAX, layout_end());
	if (!load_guest(&memory, image, length, line, loaded, error))
		REFUSE("%s", error);
}

static void start_processors(void)
{
	const char *why;
	unsigned there;

	if (config.cpus == 1)
		return;
	there = processors_start(layout_end(), (unsigned)config.cpus, true);
	why = processors_why();
	if (there < config.cpus)
		REFUSE("too few processors: wanted %lu (cpus=), %u came%s%s", config.cpus, there,
		       why ? ": " : "", why ? why : "");
	if (why)
		log_line("alone %s", why);
}

/* The ways to run a guest, and the makers of CPUs that have them: whose names mean that they have no other. */
static const struct engine {
	const struct vcpu_vendor *vendor;
	const char *name, *makers;
} engines[] = {
	{&svm_vendor, "SVM", "AuthenticAMD or HygonGenuine"},
	{&vmx_vendor, "VMX", "GenuineIntel, CentaurHauls or   Shanghai  "},
};

#define MAKER_LENGTH 12

static bool made_by(const struct engine *engine, const char *maker)
{
	for (const char *at = engine->makers; strnlen(at, MAKER_LENGTH) == MAKER_LENGTH; at++) {
		if (!memcmp(at, maker, MAKER_LENGTH))
			return true;
	}
	return false;
}

/*
 * The guest is told its CPU's maker, and takes it for the instruction that there is to be: one that
 * contradicts the way in which it is run would make each promise look broken.
 */
static const struct vcpu_vendor *find_vendor(void)
{
	struct cpuid_regs id = cpuid(0, 0);
	const uint32_t maker[4] = {id.ebx, id.edx, id.ecx};
	const struct engine *strange = NULL;
	const char *why;

	for (unsigned i = 0; i < 2; i++) {
		const struct vcpu_vendor *vendor = engines[i].vendor;

		if (!vendor->offered())
			continue;
		if (made_by(&engines[!i], (const char *)maker)) {
			strange = &engines[i];
			continue;
		}
		if (!vendor->available(&why))
			REFUSE("%s", why);
		return vendor;
	}
	if (strange)
		REFUSE("CPUID says %s, but the CPU offers %s: wanted %s", (const char *)maker,
		       strange->name, strange->makers);
	REFUSE("this CPU has neither SVM nor VMX: wanted CPUID 80000001h ECX bit 2, or 1h ECX bit 5");
}

/* Why the guest ended, in the vendor's terms, and its state. */
static void describe(const struct vcpu *v)
{
	const struct vcpu_exit *exit = &v->exit;
	const struct gprs *r = &v->regs;
	const struct vcpu_slow_state *s = &v->slow;

	print("# host: exit %#lx (%s), information %#lx, gpa %#lx\n", exit->code,
	      exit->name ? exit->name : v->vendor->name, exit->information, exit->gpa);
	print("# host: rax %#lx rcx %#lx rdx %#lx rbx %#lx rsp %#lx rbp %#lx rsi %#lx rdi %#lx\n",
	      r->rax, r->rcx, r->rdx, r->rbx, s->rsp, r->rbp, r->rsi, r->rdi);
	print("# host: r8 %#lx r9 %#lx r10 %#lx r11 %#lx r12 %#lx r13 %#lx r14 %#lx r15 %#lx\n",
	      r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15);
	print("# host: rflags %#lx cr0 %#lx cr2 %#lx cr3 %#lx cr4 %#lx efer %#lx\n", s->rflags,
	      s->cr0, s->cr2, s->cr3, s->cr4, v->efer);
}

/* Of the vCPU that ended first. */
static void finish(const struct vcpu *vcpu)
{
	/* Where nothing ends the machine, a guest halts after its verdict, which is to stay the last word. */
	if (vcpu->debug_exit_code && vcpu->exit.kind == EXIT_HLT)
		halt_for_ever();
	if (vcpu->debug_exit_code && vcpu->exit.kind == EXIT_TRIPLE_FAULT)
		machine_reset(); /* its option reset: the machine that it means is ours */

	/* The guest may have left the UART in any state, a line unfinished, and its text on the screen. */
	serial_flush(); /* setting it up drops what is on its way */
	open_console();
	print("\n");
	describe(vcpu);
	panic("host: the guest %s, at rip %#lx of vCPU %u", vcpu->end_reason, vcpu->rip, vcpu->id);
}

void main(void)
{
	const struct vcpu_vendor *vendor;
	const struct fault *fault;
	static struct loaded_guest loaded;

	cpu_init();
	log_init();
	configure();
	if (config.faults)
		list_faults();
	vendor = find_vendor();
	apic_virtual_wire(); /* the guest has the PICs, and no local APIC to do this with */
	load(&loaded);
	start_processors();
	nested_init(&memory, vendor->nested_leaf);
	fault = abi_fault(config.fault);
	abi_init(vendor, fault);
	log_line("start mem=%lu personality=%s fault=%s vendor=%s", config.memory,
		 config.personality == PERSONALITY_HEADER ? "header" : "linux2007", fault->name,
		 vendor->name);
	vcpus_run(vendor, &memory, &loaded, finish);
}
