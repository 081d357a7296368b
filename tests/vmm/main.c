/* SPDX-License-Identifier: GPL-2.0-only */
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* KVM's own pages and the APICs are above this. */
#define MEMORY_MAX 3072u
#define VCPUS_MAX  255u

/* Four pages that KVM needs on Intel: no guest may have memory or a device there. */
#define IDENTITY_MAP_PAGE UINT64_C(0xfffbc000)
#define TSS_PAGES         UINT64_C(0xfffbd000)

static const char usage[] =
	"Usage: vmm [options] IMAGE\n"
	"\n"
	"Boots an image under /dev/kvm.  What it writes to COM1 goes to stdout.\n"
	"\n"
	"  --boot=HOW         multiboot (1, the default), pvh, or linux (the 64-bit entry)\n"
	"  --append=TEXT      its command line, for multiboot after the image's name\n"
	"  --module='FILE TEXT'  a module for it, and the module's command line; multiboot only\n"
	"  --mem=MIB          its memory (default 16), besides 2 MiB from 4 GiB on\n"
	"  --smp=N            its vCPUs (default 1); several need --irqchip\n"
	"  --irqchip          with KVM's own APICs, PICs and PIT; without, no interrupts at all\n"
	"  --lapic            with KVM's own local APICs, without PICs, PIT and I/O APIC\n"
	"  --bare-uart        COM1 has nothing but a byte to write and a status\n"
	"  --end=HOW          what ends the machine besides a triple fault: device (port 0xf4, the\n"
	"                     default), keyboard (its controller's reset), halt, or triple (nothing)\n"
	"  --hide=MASK        take these features (CPUID leaf 0x40000001, EAX) away\n"
	"  --no-signature     CPUID does not show KVM at all\n"
	"  --enforce          what CPUID does not show does not work, either\n"
	"  --no-patching      KVM leaves the other vendor's hypercall instruction alone\n"
	"  --pageout=PORT     pages whose numbers are written to this port go away for 10 ms\n"
	"  --timeout=SECONDS  when to give up (default 30; 0: never)\n"
	"\n"
	"Exit status: 2 * N + 1 if the image wrote N to port 0xf4, as with QEMU's isa-debug-exit;\n"
	"0 after a triple fault, or what else --end says; 1 error; 124 timeout.\n";

void fail(const char *format, ...)
{
	va_list args;
	char text[512];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "vmm: %s\n", text); /* in one piece: other vCPUs may fail, too */
	end_vm(STATUS_ERROR);
}

/* The lock is never given back: the process ends, and with it all threads. */
void end_vm(int status)
{
	static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&once);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "vmm: cannot write to stdout: %s\n", strerror(errno));
		status = STATUS_ERROR;
	}
	_exit(status);
}

int must_ioctl(int fd, unsigned long request, void *arg, const char *what)
{
	int result = ioctl(fd, request, arg);

	if (result < 0)
		fail("%s: %s", what, strerror(errno));
	return result;
}

/* ---- options --------------------------------------------------------------------------------- */

static unsigned number(const char *option, const char *text, unsigned min, unsigned max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno || value < min || value > max)
		fail("--%s: '%s' is no number from %u to %u", option, text, min, max);
	return (unsigned)value;
}

/* The number of @text in the list, which a NULL ends. */
static unsigned word(const char *option, const char *text, const char *const *list)
{
	for (unsigned i = 0; list[i]; i++) {
		if (!strcmp(text, list[i]))
			return i;
	}
	fail("--%s: unknown word '%s': see --help", option, text);
}

static struct options parse(int argc, char **argv)
{
	struct options o = {.append = "", .memory = 16, .vcpus = 1, .seconds = 30};
	static const char *const boots[] = {"multiboot", "pvh", "linux", NULL};
	static const char *const ends[] = {"device", "keyboard", "halt", "triple", NULL};
	const struct option known[] = {
		{"boot", required_argument, NULL, 'b'},
		{"lapic", no_argument, &o.lapic, 1},
		{"bare-uart", no_argument, &o.bare_uart, 1},
		{"end", required_argument, NULL, 'e'},
		{"append", required_argument, NULL, 'a'},
		{"module", required_argument, NULL, 'o'},
		{"mem", required_argument, NULL, 'm'},
		{"smp", required_argument, NULL, 's'},
		{"irqchip", no_argument, &o.irqchip, 1},
		{"hide", required_argument, NULL, 'f'},
		{"no-signature", no_argument, &o.no_signature, 1},
		{"enforce", no_argument, &o.enforce, 1},
		{"no-patching", no_argument, &o.no_patching, 1},
		{"pageout", required_argument, NULL, 'p'},
		{"timeout", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c, index = 0;

	while ((c = getopt_long(argc, argv, "", known, &index)) != -1) {
		const char *name = known[index].name;

		switch (c) {
		case 0: /* one that takes no value is set */
			break;
		case 'b':
			o.boot = word(name, optarg, boots);
			break;
		case 'e':
			o.end = word(name, optarg, ends);
			break;
		case 'a':
			o.append = optarg;
			break;
		case 'o':
			o.module = optarg;
			break;
		case 'm':
			o.memory = number(name, optarg, 2, MEMORY_MAX);
			break;
		case 's':
			o.vcpus = number(name, optarg, 1, VCPUS_MAX);
			break;
		case 'f':
			o.hide = number(name, optarg, 0, UINT32_MAX);
			break;
		case 'p':
			o.pageout = number(name, optarg, 0x100, 0xfffc);
			break;
		case 't':
			o.seconds = number(name, optarg, 0, 86400);
			break;
		case 'h':
			fputs(usage, stdout);
			end_vm(0);
		default:
			fail("see --help"); /* getopt_long() has said what was wrong */
		}
	}
	if (optind + 1 != argc)
		fail("%d images, wanted one: see --help", argc - optind);
	if (o.module && o.boot != BOOT_MULTIBOOT)
		fail("--module: only with --boot=multiboot");
	if (o.irqchip && o.lapic)
		fail("--lapic and --irqchip: wanted one of them");
	if (o.vcpus > 1 && !o.irqchip && !o.lapic)
		fail("--smp=%u: several vCPUs need --irqchip, to wake each other", o.vcpus);
	if (o.end == END_HALT && (o.irqchip || o.lapic))
		fail("--end=halt: with --irqchip or --lapic KVM handles HLT itself");
	o.image = argv[optind];
	return o;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static void make_memory(struct vm *vm)
{
	vm->size = (uint64_t)vm->options->memory << 20;
	vm->memory = mmap(NULL, vm->size + ABOVE_4G_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (vm->memory == MAP_FAILED)
		fail("--mem=%u: %s", vm->options->memory, strerror(errno));
}

static void open_kvm(struct vm *vm)
{
	int version;

	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		fail("/dev/kvm: %s", strerror(errno));
	version = MUST(vm->kvm, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION)
		fail("/dev/kvm: API version %d, wanted %d", version, KVM_API_VERSION);
	vm->fd = MUST(vm->kvm, KVM_CREATE_VM, 0);
}

static void add_memory(struct vm *vm, uint32_t slot, uint64_t gpa, uint8_t *at, uint64_t size)
{
	struct kvm_userspace_memory_region memory = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uint64_t)at,
	};

	MUST(vm->fd, KVM_SET_USER_MEMORY_REGION, &memory);
}

/* To be done before there is a vCPU, as all that is the whole machine's. */
static void make_machine(struct vm *vm)
{
	uint64_t identity_map = IDENTITY_MAP_PAGE;
	struct kvm_enable_cap split = {.cap = KVM_CAP_SPLIT_IRQCHIP}; /* no line of an I/O APIC */
	struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};

	if (ioctl(vm->kvm, KVM_CHECK_EXTENSION, KVM_CAP_SET_IDENTITY_MAP_ADDR) > 0)
		MUST(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
	if (ioctl(vm->kvm, KVM_CHECK_EXTENSION, KVM_CAP_SET_TSS_ADDR) > 0)
		MUST(vm->fd, KVM_SET_TSS_ADDR, TSS_PAGES);
	add_memory(vm, 0, 0, vm->memory, vm->size);
	add_memory(vm, 1, ABOVE_4G, vm->memory + vm->size, ABOVE_4G_SIZE);
	if (vm->options->lapic)
		MUST(vm->fd, KVM_ENABLE_CAP, &split);
	if (vm->options->irqchip) {
		MUST(vm->fd, KVM_CREATE_IRQCHIP, 0);
		MUST(vm->fd, KVM_CREATE_PIT2, &pit); /* with port 0x61, which starts channel 2 */
	}
}

/*
 * KVM patches VMCALL where the CPU wants VMMCALL, and the other way round.  That can be turned off
 * since Linux 5.19; then the wrong instruction is #UD.
 */
static void disable_patching(struct vm *vm)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_DISABLE_QUIRKS2,
		.args = {KVM_X86_QUIRK_FIX_HYPERCALL_INSN},
	};
	int quirks = ioctl(vm->kvm, KVM_CHECK_EXTENSION, KVM_CAP_DISABLE_QUIRKS2);

	if (quirks < 0 || !(quirks & KVM_X86_QUIRK_FIX_HYPERCALL_INSN))
		fail("--no-patching: this KVM cannot leave hypercalls alone, wanted Linux 5.19");
	MUST(vm->fd, KVM_ENABLE_CAP, &cap);
}

/*
 * The vCPUs' threads do all the work, and one of them ends the VMM.  Meanwhile what the guest has
 * printed since its last line's end is shown, so that nothing is lost if somebody ends the VMM.
 */
static void wait_for_end(unsigned seconds)
{
	const struct timespec tick = {.tv_nsec = 100 * 1000 * 1000};

	for (unsigned ticks = 0; !seconds || ticks < seconds * 10; ticks++) {
		nanosleep(&tick, NULL);
		fflush(stdout);
	}
	fprintf(stderr, "vmm: no end within %u s\n", seconds);
	end_vm(STATUS_TIMEOUT);
}

int main(int argc, char **argv)
{
	struct options options = parse(argc, argv);
	struct vm vm = {.options = &options};
	struct entry entry;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	devices_init(&options);
	make_memory(&vm);
	entry = load_image(&vm);
	open_kvm(&vm);
	make_machine(&vm);
	if (options.pageout)
		pageout_init(&vm);
	if (options.no_patching)
		disable_patching(&vm);
	for (unsigned id = options.vcpus; id-- > 0;)
		start_vcpu(&vm, id, &entry);
	wait_for_end(options.seconds);
	return STATUS_ERROR; /* not reached */
}
