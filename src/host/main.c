/* SPDX-License-Identifier: GPL-2.0-only */
/* The reference host: loads the guest, its first module, and runs it until it ends. */
#include <stddef.h>

#include "host/abi.h"
#include "host/checksum.h"
#include "host/config.h"
#include "host/interrupt.h"
#include "host/layout.h"
#include "host/loader.h"
#include "host/log.h"
#include "host/nested_paging.h"
#include "host/passthrough.h"
#include "host/pci_uart.h"
#include "host/screen.h"
#include "host/vcpus.h"
#include "lib/boot.h"
#include "lib/cmdline.h"
#include "lib/console.h"
#include "lib/exit.h"
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

/* Says why no guest runs.  The message needs a whole TAP stream, because the guest prints none. */
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

/* If the host has found its UART on PCI, the guest gets and finds it there, too. */
static void share_uart(void)
{
	uint16_t port = serial_port();

	if (config.serial != SERIAL_ANY || !port || passthrough_port(port))
		return;
	config.serial = port;
	pci_uart_offer(port);
}

static void configure(void)
{
	char error[CMDLINE_ERROR_MAX], unknown[ABI_NAME_MAX];
	const char *guest_line;
	bool parsed;
	char *line;

	boot_read();
	guest_line = boot_module_line();
	line = boot_cmdline();
	parsed = line && config_parse(line, abi_fault_names(), error);
	if (guest_line)
		config_take_serial(guest_line);
	open_console();
	share_uart();
	if (boot_info.error)
		REFUSE("%s", boot_info.error);
	if (!line)
		REFUSE("command line too long: wanted less than %u characters", BOOT_LINE_SIZE);
	if (!parsed)
		REFUSE("%s", error);
	if (!abi_offer(config.abi, unknown)) {
		cmdline_show(unknown, error, sizeof(error));
		REFUSE("option 'abi': no ABI is named '%s'", error);
	}
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

/* Finds memory for the guest.  Before that, maps all memory below 1 GiB at its own address. */
static void find_memory(void)
{
	char why[BOOT_WHY_MAX];

	paging_map_identity(ONE_GIB);
	if (layout_make(&memory, config.memory << 20))
		return;
	boot_explain(ONE_MIB, ONE_GIB, LARGE_PAGE_SIZE, why, sizeof(why));
	REFUSE("no memory: wanted %lu MiB for the guest (mem=), besides 640 KiB and the host's "
	       "2 MiB: %s",
	       config.memory, why);
}

static void load(struct loaded_guest *loaded)
{
	const struct boot_module *module = &boot_info.module;
	char error[LOADER_ERROR_MAX];
	const char *line = boot_module_line();
	uint64_t length = module->end - module->start;
	const uint8_t *image;

	if (!boot_info.has_module)
		REFUSE("no module: wanted the guest's image as the first one");
	if (module->end <= module->start)
		REFUSE("the first module is empty: wanted the guest's image");
	if (module->start < (uint64_t)image_end && module->end > (uint64_t)image_start)
		REFUSE("the first module, at %#lx-%#lx, lies over the host at %#lx-%#lx",
		       module->start, module->end, (uint64_t)image_start, (uint64_t)image_end);
	if (!line)
		REFUSE("the module's command line is too long: wanted less than %u characters",
		       BOOT_LINE_SIZE);
	find_memory();
	image = layout_module(&memory);
	if (!image)
		REFUSE("no memory for the first module: it has %#lx bytes, wanted at most %#lx "
		       "above %#lx",
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

#define MAKER_LENGTH 12

static bool made_by(const char *makers, const char *maker)
{
	for (; strnlen(makers, MAKER_LENGTH) == MAKER_LENGTH; makers++) {
		if (!memcmp(makers, maker, MAKER_LENGTH))
			return true;
	}
	return false;
}

/*
 * The guest sees its CPU's maker, and expects that maker's call instruction.  If the host ran it
 * by the other vendor's extension, each rule would look broken.
 */
static const struct vcpu_vendor *find_vendor(void)
{
	static const struct vcpu_vendor *const vendors[] = {&svm_vendor, &vmx_vendor};
	struct cpuid_regs id = cpuid(0, 0);
	const uint32_t maker[4] = {id.ebx, id.edx, id.ecx};
	const struct vcpu_vendor *contradiction = NULL;
	const char *why;

	for (unsigned i = 0; i < 2; i++) {
		const struct vcpu_vendor *vendor = vendors[i];

		if (!vendor->offered())
			continue;
		if (made_by(vendors[!i]->makers, (const char *)maker)) {
			contradiction = vendor;
			continue;
		}
		if (!vendor->available(&why))
			REFUSE("%s", why);
		return vendor;
	}
	if (contradiction)
		REFUSE("CPUID says %s, but the CPU offers %s: wanted %s", (const char *)maker,
		       contradiction->extension, contradiction->makers);
	REFUSE("this CPU has neither SVM nor VMX: wanted CPUID 80000001h ECX bit 2, or 1h ECX "
	       "bit 5");
}

/* The last exit, and the guest's registers. */
static void print_state(const struct vcpu *v)
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

/* Called for the vCPU that ended first. */
static void finish(const struct vcpu *vcpu)
{
	const char *changed = checksum_changed();

	/*
	 * Without a device that ends the machine, a guest halts after its verdict: say nothing
	 * more, and leave the machine on, since the verdict may be on the guest's screen.
	 */
	if (!changed && vcpu->debug_exit_code && vcpu->exit.kind == EXIT_HLT) {
		if (exit_resets())
			machine_exit(vcpu->debug_exit_code);
		halt_for_ever();
	}
	if (!changed && vcpu->debug_exit_code && vcpu->exit.kind == EXIT_TRIPLE_FAULT)
		machine_reset(); /* the guest's option reset */

	/* The guest may have changed the UART's settings and left a line unfinished. */
	serial_flush(); /* setting the UART up drops bytes that it has not sent */
	open_console();
	print("\n");
	print_state(vcpu);
	if (changed)
		panic("host: its memory has changed: %s", changed);
	panic("host: the guest %s, at rip %#lx of vCPU %u", vcpu->end_reason, vcpu->rip, vcpu->id);
}

/* A trap of the host itself; this replaces panic_trap(), whose words are the guest's. */
static void host_trap(struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();

	if (frame->vector == VECTOR_NMI && !cpu->silent) {
		vcpus_nmi();
		return;
	}
	if (cpu->silent || cpu->panicking)
		panic_trap(frame);
	cpu->panicking = true;
	vcpus_stop_others(cpu->id);
	serial_flush();
	open_console();
	if (vcpus_get(0))
		print("\n");
	else
		start_stream();
	print_frame(frame);
	panic("host: exception %u at rip %#lx of processor %u%s", (unsigned)frame->vector,
	      frame->rip, cpu->id,
	      frame->vector == VECTOR_PF && is_guard_page(cpu->stacks, READ_REG(cr2))
		      ? ": stack overflow"
		      : "");
}

void main(void)
{
	const struct vcpu_vendor *vendor;
	static struct loaded_guest loaded;

	cpu_init(host_trap);
	log_init();
	configure();
	if (config.faults)
		list_faults();
	vendor = find_vendor();
	apic_virtual_wire(); /* for the guest's PICs: with one vCPU it has no local APIC */
	load(&loaded);
	interrupt_init();
	start_processors();
	nested_init(&memory, vendor->nested_leaf);
	screen_share(&memory);
	abi_init(vendor, config.fault);
	log_line("start mem=%lu personality=%s fault=%s vendor=%s", config.memory,
		 config.personality == PERSONALITY_HEADER ? "header" : "linux2007",
		 abi_fault(config.fault)->name, vendor->name);
	vcpus_run(vendor, &memory, &loaded, finish);
}
