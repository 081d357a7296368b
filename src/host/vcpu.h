/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU as the host sees it.  svm.c and vmx.c translate each exit of their hardware to struct
 * vcpu_exit, and what the rest of the host changes back to the VMCB or VMCS; they decide nothing.
 */
#ifndef HOST_VCPU_H
#define HOST_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/guest_memory.h"
#include "host/vapic.h"
#include "host/vcpu_event.h"
#include "host/vcpu_register.h"
#include "x86/defs.h"
#include "x86/regs.h"

/* Why the guest exited.  exits.c says what the host does about it. */
enum exit_kind {
	EXIT_UNKNOWN, /* exit.code */
	EXIT_RDMSR,   /* of the MSR in ECX */
	EXIT_WRMSR,   /* likewise */
	EXIT_CPUID,
	EXIT_IO, /* exit.io */
	EXIT_HLT,
	EXIT_INVD,
	EXIT_CR_WRITE, /* VMX: it would change the host-owned bit of the control register exit.cr */
	EXIT_INSTRUCTION,  /* another instruction that the host intercepts */
	EXIT_EXCEPTION,    /* exit.event, which vcpu->exception_bitmap has */
	EXIT_NESTED_FAULT, /* nested paging does not map exit.gpa */
	EXIT_TRIPLE_FAULT,
	EXIT_INTERRUPT,    /* one waits in the APIC; exit.open: the guest can take it now */
	EXIT_NMI,          /* one for the processor itself */
	EXIT_INIT,         /* likewise */
	EXIT_ENTRY_FAILED, /* the CPU did not accept the guest's state: exit.code */
};

struct vcpu_exit {
	enum exit_kind kind;
	bool open;
	uint8_t length; /* of the instruction that exited, in bytes */
	uint8_t cr;
	uint64_t gpa; /* of a page fault that exits: the virtual address, which CR2 does not have */
	struct vcpu_event event; /* of a nested fault: what was being delivered, if anything was */
	uint64_t code, information; /* the vendor's numbers, for messages */
	const char *name;           /* of the code; NULL if the host has none for it */
	struct {
		uint16_t port;
		uint8_t size; /* in bytes */
		bool in, string, repeated;
	} io;
};

/* State that few exits need: valid after vcpu_sync(). */
struct vcpu_slow_state {
	uint64_t rsp, rflags;
	uint64_t cr0, cr2, cr3, cr4;
	uint64_t fs_base, gs_base, lstar;
	uint16_t ds, idtr_limit;
	uint64_t cs_base;  /* changes of this and of what follows do not reach the guest */
	uint8_t code_bits; /* 16, 32 or 64 */
	uint8_t cpl;
};

/* A segment register; @rights are as in a descriptor's upper half (APM2 4.7). */
struct vcpu_segment {
	uint16_t selector;
	uint16_t rights;
	uint32_t limit;
	uint64_t base;
};

/* The state in which a vCPU starts: by its loader, or by a start-up IPI. */
struct vcpu_start {
	struct vcpu_segment code, data;
	uint64_t cr0;
	uint32_t rip, eax, ebx;
};

/* The rest of it is the same for all: SDM volume 3 (325384-083) table 10-1. */
#define START_LDT 0x0082
#define START_TSS 0x008b
#define START_DR7 0x400
#define START_PAT UINT64_C(0x0007040600070406)

struct vcpu;
struct vcpu_vendor;

/* What today's KVM ABI keeps of a vCPU (src/host/kvm). */
#define KVM_MSRS     9
#define KVM_TOLD_MAX 4
struct kvm_vcpu {
	uint64_t msr[KVM_MSRS]; /* as written last; from KVM_MSR_WALL_CLOCK on */
	unsigned exits;         /* that counted for clock and steal time */
	uint64_t stolen;        /* ns that are not in the guest's memory yet */
	bool wake_queued;       /* "wake all" waits to be delivered */
	uint64_t eoi;           /* KVM_MSR_PV_EOI_EN, if that is enabled */
	bool eoi_offered;       /* the bit is set */
	bool unacknowledged;    /* the guest has not acknowledged the last event yet */
	unsigned tokens;        /* counts the pages of which it was told that they are away */
	unsigned told_count;    /* those of which it has not been told yet that they are back: */
	struct {
		uint64_t gpa;
		uint32_t token;
	} told[KVM_TOLD_MAX]; /* in the order of the events */
};

/*
 * Handles a hypercall, the one exit that has to be fast: vcpu->regs are valid; vcpu->rip (after the
 * instruction) is after vcpu_sync(); vcpu->exit is not.
 */
typedef void vcpu_hypercall(struct vcpu *vcpu);

/*
 * All that belongs to one vCPU, which has a processor of its own.  Only that processor touches it,
 * except for the fields under "shared".
 */
struct vcpu {
	/*
	 * Valid while an exit is handled; changes reach the guest.  But rsp and rflags are not
	 * used: they are in vcpu->slow.
	 */
	struct gprs regs;

	unsigned id;
	const struct vcpu_vendor *vendor;
	const struct guest_memory *memory;
	void *pages; /* VCPU_PAGES for the vendor's structures */
	uint64_t rip;
	struct vcpu_slow_state slow;
	bool synced; /* vcpu->rip and vcpu->slow are valid */
	struct vcpu_exit exit;
	struct vcpu_event event; /* to inject */

	uint64_t entry; /* the guest image's first instruction */
	uint64_t efer; /* as the guest sees it, without SVME; LMA is valid only after vcpu_sync() */
	uint64_t pat;

	struct kvm_vcpu kvm;     /* today's KVM ABI */
	uint64_t para_state_gpa; /* the page registered last by the ABI of 2007; 0: none */

	uint32_t exception_bitmap; /* exceptions that exit, one bit for each vector */
	vcpu_hypercall *hypercall;

	bool flush;              /* nested paging has lost a page: forget all at the next entry */
	bool halted;             /* until an INIT comes */
	volatile bool entered;   /* an NMI in the host is to make the guest exit */
	uint8_t rtc_index;       /* the RTC's register that it chose by port 0x70 */
	uint8_t debug_exit_code; /* that it wrote last to isa-debug-exit; 0: none */
	uint32_t apic_id;
	bool x2apic;
	struct vapic vapic;
	uint32_t icr;             /* the lower half, as the guest has written it */
	uint32_t icr_destination; /* in x2APIC mode the upper half; else ICR2 */
	const char *end_reason;   /* why the guest cannot go on; NULL while it can */

	/* Shared: any vCPU sets these, by atomic operations; see vcpus.c. */
	unsigned startup;  /* STARTUP_...; with STARTUP_SIPI the IPI's vector */
	bool stopped;      /* another vCPU ends the guest */
	bool kicked;       /* its next HLT ends at once, or this one does */
	uint32_t ldr, dfr; /* of the xAPIC; set only by its own vCPU */
};

/*
 * What becomes of a vCPU: nothing; it waits, or will wait at its next exit, for a start-up IPI; or
 * it has got one.
 */
#define STARTUP_NONE   0u
#define STARTUP_INIT   1u
#define STARTUP_SIPI   0x100u
#define STARTUP_VECTOR 0xffu

_Static_assert(offsetof(struct vcpu, regs) == 0, "svm_run.asm, vmx_run.asm");

#define VCPU_PAGES 3

/* Code that hypercalls don't run: optimized for size, where its file is optimized for speed. */
#define COLD __attribute__((cold))

/* A vendor's way to run a guest. */
struct vcpu_vendor {
	const char *name;      /* for the log */
	const char *extension; /* for messages */
	const char *makers;    /* CPUs of these have this extension, and not the other vendor's */
	uint8_t call_instruction[3];
	uint64_t nested_leaf; /* flags of a nested page table's leaf: write-back memory */

	/* Shared by all vCPUs; valid after init(). */
	const uint8_t *msr_bitmap;
	uint64_t msr_bitmap_size;

	/* Makes what all vCPUs share.  Called once, before any runs. */
	void (*init)(void);

	/* Whether CPUID says that this CPU has the vendor's extension. */
	bool (*offered)(void);

	/* Whether it can run a guest; if not, *@why says what is missing. */
	bool (*available)(const char **why);

	/* Runs the guest from @start until vcpu_handle_exit() returns false. */
	void (*run)(struct vcpu *vcpu, const struct vcpu_start *start);

	/*
	 * An NMI came to the vCPU's processor while that was in the host, between vcpu->entered's
	 * becoming true and the guest: the guest shall exit once more.  NULL: NMIs are blocked there.
	 */
	void (*kicked)(void);

	/* Whether interrupts exit (EXIT_INTERRUPT), or go straight to the guest. */
	void (*intercept_interrupts)(struct vcpu *vcpu, bool on);

	/* interrupt_take(), after such an exit. */
	int (*take_interrupt)(void);

	/* Fills vcpu->rip and vcpu->slow. */
	void (*sync)(struct vcpu *vcpu);

	/* For faults: flips these bits of a register.  Of a selector nothing hidden changes. */
	void (*flip)(struct vcpu *vcpu, enum vcpu_register which, uint64_t bits);
};

extern const struct vcpu_vendor svm_vendor, vmx_vendor;

/*
 * exits.c: handles vcpu->exit, which is not a hypercall.  Returns false if the vCPU has to leave
 * the guest: it cannot go on (vcpu->end_reason), it is halted, or an INIT has come.
 */
bool vcpu_handle_exit(struct vcpu *vcpu);

/* Whether an INIT has come. */
static inline bool vcpu_must_leave(const struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->startup, __ATOMIC_ACQUIRE) != STARTUP_NONE;
}

/* exits.c: the guest cannot go on: sets vcpu->end_reason, and logs it. */
void vcpu_end(struct vcpu *vcpu, const char *why);

/* Makes vcpu->slow and vcpu->rip valid; what is changed there reaches the guest. */
static inline void vcpu_sync(struct vcpu *vcpu)
{
	if (!vcpu->synced)
		vcpu->vendor->sync(vcpu);
	vcpu->synced = true;
}

/* Of the guest's code, by CS.L and CS.D: APM2 4.7.2, 4.8.1.  In real mode both are clear. */
static inline uint8_t code_bits(const struct vcpu *vcpu, bool l, bool d)
{
	return vcpu->efer & EFER_LMA && l ? 64 : d ? 32 : 16;
}

/* The guest takes #GP(0), or #UD, at its next entry. */
static inline void vcpu_inject_gp(struct vcpu *vcpu)
{
	vcpu->event = (struct vcpu_event){.pending = true, .has_error = true, .vector = VECTOR_GP};
}

static inline void vcpu_inject_ud(struct vcpu *vcpu)
{
	vcpu->event = (struct vcpu_event){.pending = true, .vector = VECTOR_UD};
}

/* vcpu->event in the vendors' format, without the error code; it is not pending any more. */
static inline uint32_t vcpu_take_event(struct vcpu *vcpu)
{
	vcpu->event.pending = false;
	return (uint32_t)(EVENT_VALID | vcpu->event.vector |
			  (vcpu->event.interrupt ? 0 : EVENT_EXCEPTION) |
			  (vcpu->event.has_error ? EVENT_ERROR : 0));
}

#define CALL_LENGTH 3 /* bytes of VMCALL and VMMCALL */

/* The guest goes on after the instruction that exited. */
static inline void vcpu_skip(struct vcpu *vcpu)
{
	vcpu->rip += vcpu->exit.length;
}

#endif
