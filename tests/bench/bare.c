/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measures VMRUN and #VMEXIT alone, of all processors at once: what they cost an engine is its own
 * limit for the calls of a host.  Runs without a host, on AMD's SVM.  Each processor has a guest of
 * one instruction, VMMCALL, at which it stays.  APM2 (24593 rev. 3.41) chapter 15.
 */
#include "host/vmcb.h"
#include "lib/panic.h"
#include "parallel.h"
#include "setup.h"
#include "x86/insn.h"
#include "x86/smp.h"
#include "x86/timer.h"

#define NAME "bench.bare"

#define CODE64  0xa9b /* as the VMCB has the rights of a segment: 15.5.1 */
#define DATA    0xc93
#define ENTRIES 512

void main(void);

struct bare {
	struct vmcb guest;
	uint8_t host_save[PAGE_SIZE]; /* for VMRUN: 15.30.4 */
} __attribute__((aligned(PAGE_SIZE)));

_Static_assert(sizeof(struct bare) <= SMP_OWN_PAGES * PAGE_SIZE, "x86/smp.h");

static struct bare boot_bare; /* the boot processor's; the others have pages of their own */

/* The first GiB, at its own addresses; all are user pages: 15.25.5. */
static uint64_t nested_pml4[ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static uint64_t nested_pdpt[ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static uint64_t nested_pd[ENTRIES] __attribute__((aligned(PAGE_SIZE)));

extern const uint8_t guest_code[];
__asm__(".pushsection .text\n"
	"guest_code: vmmcall\n"
	".popsection");

static void map_all(void)
{
	const uint64_t rights = PTE_P | PTE_W | PTE_U;

	nested_pml4[0] = (uint64_t)nested_pdpt | rights;
	nested_pdpt[0] = (uint64_t)nested_pd | rights;
	for (unsigned i = 0; i < ENTRIES; i++)
		nested_pd[i] = (uint64_t)i * LARGE_PAGE_SIZE | PTE_PS | rights;
}

/* In the host's own address space. */
static void make_guest(struct vmcb *g)
{
	const struct vmcb_segment data = {SEL_DATA, DATA, UINT32_MAX, 0};

	*g = (struct vmcb){.intercept2 = (uint32_t)(INTERCEPT_VMRUN | INTERCEPT_VMMCALL),
			   .asid = 1,
			   .nested_control = NESTED_PAGING,
			   .nested_cr3 = (uint64_t)nested_pml4,
			   .es = data,
			   .ss = data,
			   .ds = data,
			   .cs = {SEL_CODE64, CODE64, UINT32_MAX, 0},
			   .cr0 = READ_REG(cr0),
			   .cr3 = READ_REG(cr3),
			   .cr4 = READ_REG(cr4),
			   .efer = rdmsr(MSR_EFER),
			   .pat = rdmsr(MSR_PAT),
			   .rflags = RFLAGS_RESERVED1,
			   .rip = (uint64_t)guest_code};
}

static void run_guest(void *unused)
{
	struct cpu *cpu = this_cpu();
	struct bare *bare = cpu->id ? cpu->own : &boot_bare;
	uint64_t n = parallel_options.calls;

	(void)unused;
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, (uint64_t)bare->host_save);
	make_guest(&bare->guest);
	__asm__ volatile("clgi\n"
			 "1: vmrun %%rax\n\t"
			 "dec %0\n\t"
			 "jnz 1b\n\t"
			 "stgi"
			 : "+c"(n)
			 : "a"(&bare->guest)
			 : "memory");
	if (bare->guest.exit_code != VMEXIT_VMMCALL)
		panic("exit %#lx, wanted that of VMMCALL", bare->guest.exit_code);
}

void main(void)
{
	static struct tap tap;

	bench_boot(&tap, NAME);
	parallel_start();
	timer_stop(); /* an interrupt that waits costs QEMU a lock at each VMRUN and #VMEXIT */
	map_all();
	parallel_measure(run_guest, NULL);
	bench_pass(&tap, NAME);
}
