/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small VMM over /dev/kvm: the least that an image needs of a machine.  Read main.c first, then
 * loader.c, elf.c, cpu.c, devices.c and pageout.c, in the order in which they come into play.
 *
 * Documentation/virt/kvm/api.rst of the Linux sources describes each ioctl.
 */
#ifndef VMM_H
#define VMM_H

#include <stdbool.h>
#include <stdint.h>

/* By which protocol the image is booted. */
enum boot { BOOT_MULTIBOOT, BOOT_PVH, BOOT_LINUX };

/* How the machine can end, besides by a triple fault. */
enum end {
	END_DEVICE,   /* by a write to port 0xf4, as with QEMU's isa-debug-exit */
	END_KEYBOARD, /* by a reset that the keyboard controller is asked for */
	END_HALT,     /* by a vCPU's HLT */
	END_TRIPLE,   /* by nothing else */
};

struct options {
	const char *image;
	const char *append;
	const char *module; /* a file for the image, and words for it after a blank; NULL: none */
	unsigned memory;    /* MiB */
	unsigned vcpus;
	unsigned seconds; /* the time limit; 0: none */
	uint32_t hide;    /* of KVM's features these are taken away */
	unsigned pageout; /* the port by which the guest loses a page; 0: none */
	enum boot boot;
	enum end end;
	int bare_uart;    /* it has nothing but the byte to send, and the status */
	int lapic;        /* of KVM's interrupt controllers only the local APICs */
	int irqchip;      /* KVM's own interrupt controllers and timer */
	int enforce;      /* a feature that is taken away does not work, either */
	int no_patching;  /* KVM leaves the other vendor's hypercall instruction alone */
	int no_signature; /* CPUID does not show KVM at all */
};

/* Each guest has this much more memory from 4 GiB on: an address may have more than 32 bits. */
#define ABOVE_4G      UINT64_C(0x100000000)
#define ABOVE_4G_SIZE (UINT64_C(2) << 20)

struct vm {
	const struct options *options;
	int kvm, fd;     /* /dev/kvm, and the virtual machine */
	uint8_t *memory; /* the guest's, from its physical address 0 on; then what is above 4 GiB */
	uint64_t size;   /* without that */
};

/* How the machine ends, as QEMU's exit status has it (with -no-reboot). */
#define STATUS_RESET   0 /* a triple fault: the guest is gone */
#define STATUS_ERROR   1
#define STATUS_TIMEOUT 124

/* Prints what was wrong and what was wanted, and ends the VMM. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the VMM from any thread, and all its vCPUs; the first call decides. */
_Noreturn void end_vm(int status);

/* ioctl(), but an error ends the VMM; @what is the ioctl's name. */
int must_ioctl(int fd, unsigned long request, void *arg, const char *what);
#define MUST(fd, request, arg) must_ioctl(fd, request, (void *)(arg), #request)

/* Where an image starts, in 32-bit mode if CR3 is 0, else in 64-bit mode. */
struct entry {
	uint64_t rip, rax, rbx, rsi, cr3;
};

/* Loads the image and writes the loader's information, as boot loaders do. */
struct entry load_image(struct vm *vm);

struct file {
	const char *name;
	const uint8_t *bytes;
	uint64_t size;
};
struct entry load_pvh(struct vm *vm, const struct file *file);
struct entry load_linux(struct vm *vm, const struct file *file);

/* Makes vCPU @id; only vCPU 0 starts at @entry, the others wait for INIT and SIPI. */
void start_vcpu(struct vm *vm, unsigned id, const struct entry *entry);

/* After pageout_init(): takes the page with this number away, if the port is that of --pageout. */
void pageout_init(const struct vm *vm);
void pageout_write(uint16_t port, uint32_t number, unsigned size);

/* Which devices there are. */
void devices_init(const struct options *o);

/* A guest's access to an I/O port, of 1, 2 or 4 bytes. */
void port_write(uint16_t port, const void *value, unsigned size);
void port_read(uint16_t port, void *value, unsigned size);

#endif
