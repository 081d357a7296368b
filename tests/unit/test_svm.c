/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/svm.c on CPUs that no emulator has.  Sections are of APM2 (24593 rev. 3.41). */
#include "fake_cpu.h"

#include "host/lapic.h"
#include "host/svm.h"
#include "vendor_fixture.h"

#define MAX_LEAF     0x80000000u
#define FEATURES     0x80000001u /* ECX bit 2: SVM */
#define SVM_FEATURES 0x8000000au /* EDX bit 0: nested paging; bit 3: the next RIP is saved */
#define VM_CR        0xc0010114u
#define EXCEPTIONS   0x2040u
#define FIRMWARE     "the firmware has disabled SVM: wanted bit 4 of VM_CR (MSR 0xc0010114) clear"
#define NESTED       "this CPU has no nested paging: wanted CPUID 8000000ah EDX bit 0"

static struct svm *svm; /* that svm_run() was called with */
static bool nmis_blocked;

static const struct fake_cpu plain = {
	.leaves = {{MAX_LEAF, {.eax = SVM_FEATURES}},
		   {FEATURES, {.ecx = BIT(2)}},
		   {SVM_FEATURES, {.edx = BIT(0)}}},
	.msrs = {{.number = VM_CR},
		 {.number = MSR_EFER, .value = EFER_LMA},
		 {.number = MSR_VM_HSAVE_PA}},
};

/* ---- what svm.c calls ---- */

void svm_run(struct svm *entered, struct vcpu *v)
{
	assert_ptr_equal(v, &vcpu);
	assert_true(nmis_blocked); /* or one comes after the last look for an INIT */
	svm = entered;
}

static bool host_loaded; /* the hidden state is the host's */

void svm_load_host(struct svm *of)
{
	assert_ptr_equal(of, svm);
	assert_false(host_loaded);
	host_loaded = true;
}

void svm_load_guest(struct svm *of)
{
	assert_ptr_equal(of, svm);
	assert_true(host_loaded);
	host_loaded = false;
}

static unsigned nmis; /* that were taken */

void svm_take_nmi(void)
{
	nmis++;
}

int svm_take_interrupt(void)
{
	return 0x55;
}

void svm_block_nmis(void)
{
	nmis_blocked = true;
}

static void (*handler)(struct vcpu *v); /* NULL: only skip the instruction */
static bool going_on = true;

bool vcpu_handle_exit(struct vcpu *v)
{
	vcpu_sync(v);
	if (handler)
		handler(v);
	else
		vcpu_skip(v);
	return going_on;
}

/* ---- tests ---- */

static void start(const struct fake_cpu *cpu)
{
	fake = *cpu;
	memset(pages, 0xa5, sizeof(pages)); /* they are not cleared */
	vcpu = (struct vcpu){.vendor = &svm_vendor, .pages = pages, .exception_bitmap = EXCEPTIONS};
	nmis_blocked = host_loaded = false;
	svm_vendor.init();
	svm_vendor.run(&vcpu, &begin);
}

/* SVM is offered if CPUID has its leaf and its bit.  No MSR may be read: all are missing here. */
static void test_offered(void **state)
{
	static const struct {
		uint32_t max, features;
		bool offered;
	} table[] = {
		{0x8000000a, BIT(2), true},
		{0x80000020, BIT(2), true},
		{0x80000009, BIT(2), false},
		{0x80000000, BIT(2), false},
		{0, BIT(2), false}, /* no extended leaves at all */
		{0x8000000a, ~(uint32_t)BIT(2), false},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		fake = (struct fake_cpu){.leaves = {{MAX_LEAF, {.eax = table[i].max}},
						    {FEATURES, {.ecx = table[i].features}}}};
		assert_int_equal(svm_vendor.offered(), table[i].offered);
	}
}

/* SVM is available unless the firmware disables it (15.4) or nested paging is missing (15.25). */
static void test_available(void **state)
{
	static const struct {
		uint64_t vm_cr;
		uint32_t features;
		const char *why; /* NULL: available */
	} table[] = {
		{0, BIT(0), NULL},
		{~BIT(4), BIT(0), NULL},
		{BIT(4), BIT(0), FIRMWARE},
		{BIT(3) | BIT(4), ~0u, FIRMWARE},
		{0, 0, NESTED},
		{0, ~(uint32_t)BIT(0), NESTED},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		const char *why = NULL;

		fake = plain;
		fake_msr(VM_CR)->value = table[i].vm_cr;
		fake.leaves[2].regs.edx = table[i].features;
		assert_int_equal(svm_vendor.available(&why), !table[i].why);
		if (table[i].why)
			assert_string_equal(why, table[i].why);
	}
}

/*
 * 15.11: three ranges of MSRs; two bits for each, the lower for reads.  The last quarter is
 * reserved.
 */
static void test_msr_map(void **state)
{
	static const uint32_t ranges[] = {0, 0xc0000000, 0xc0010000};
	const uint8_t *map;

	(void)state;
	start(&plain);
	map = (const uint8_t *)svm->guest.msrpm_pa;
	assert_int_equal((uintptr_t)map % PAGE_SIZE, 0);
	for (uint32_t bit = 0; bit < 2 * 8 * PAGE_SIZE; bit++) {
		const uint32_t range = bit / 0x4000, msr = bit % 0x4000 / 2;
		const bool passed = range < COUNT(ranges) && is_passthrough(ranges[range] + msr);

		if ((map[bit / 8] >> bit % 8 & 1) == passed)
			fail_msg("%s of MSR %#x of range %u: wanted it %s",
				 bit % 2 ? "WRMSR" : "RDMSR", msr, range,
				 passed ? "passed" : "to exit");
	}
}

/* The maps need their intercepts (15.10, 15.11), and nested paging must be on. */
static void test_controls(void **state)
{
	const struct vmcb *c;

	(void)state;
	start(&plain);
	c = &svm->guest;
	assert_int_equal(c->intercept1 & (BIT(27) | BIT(28)), BIT(27) | BIT(28));
	assert_int_equal(c->iopm_pa, (uintptr_t)io_bitmap_init());
	assert_int_equal(c->nested_control & 1, 1);
	assert_int_equal(c->nested_cr3, ROOT);
	assert_int_not_equal(c->asid, 0); /* the host's own: 15.5.1 */
	assert_int_equal(c->efer, EFER_SVME);
	assert_int_equal(fake_msr(MSR_EFER)->value, EFER_LMA | EFER_SVME);
	assert_int_not_equal(fake_msr(MSR_VM_HSAVE_PA)->value, 0);
}

/* 15.7.1: the next RIP, if the CPU saves it, counts prefixes. */
static void test_next_rip(void **state)
{
	struct fake_cpu saves = plain;

	(void)state;
	saves.leaves[2].regs.edx |= BIT(3);
	for (unsigned saving = 0; saving < 2; saving++) {
		start(saving ? &saves : &plain);
		svm->guest.exit_code = 0x72; /* CPUID */
		svm->guest.next_rip = RIP + 5;
		assert_true(svm_exit(&vcpu));
		assert_int_equal(vcpu.exit.kind, EXIT_CPUID);
		assert_int_equal(svm->guest.rip, RIP + (saving ? 5 : 2));
	}
}

/*
 * CS.L (bit 9 of a packed attribute, 15.5.1) counts only in long mode; else CS.D (bit 10): 4.7.2,
 * 4.8.1.
 */
static void test_code(void **state)
{
	static const struct {
		uint64_t efer;
		uint16_t attributes;
		uint8_t bits;
	} table[] = {
		{EFER_LMA, 0xa9b, 64}, {EFER_LMA, 0xc9b, 32}, {EFER_LMA, 0x89b, 16}, {0, 0xe9b, 32},
		{0, 0xa9b, 16},        {0, 0xc9b, 32},        {0, 0x09b, 16},
	};

	(void)state;
	start(&plain);
	for (unsigned i = 0; i < COUNT(table); i++) {
		svm->guest.efer = EFER_SVME | table[i].efer;
		svm->guest.cs.attributes = table[i].attributes;
		svm->guest.cs.base = 0xffff0000 + i;
		vcpu.synced = host_loaded = false;
		vcpu_sync(&vcpu);
		assert_int_equal(vcpu.slow.code_bits, table[i].bits);
		assert_int_equal(vcpu.slow.cs_base, 0xffff0000 + i);
	}
}

/*
 * All intercepts of 15.9 that a guest must not do without the host, by their bits in B.1: INIT,
 * INVD, task switches and SHUTDOWN among them, which no emulator has.
 */
static void test_intercepts(void **state)
{
	static const uint8_t first[] = {1, 3, 18, 22, 24, 26, 27, 28, 29, 31};
	static const uint8_t second[] = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13};
	uint64_t wanted1 = 0, wanted2 = 0;

	(void)state;
	for (unsigned i = 0; i < COUNT(first); i++)
		wanted1 |= BIT(first[i]);
	for (unsigned i = 0; i < COUNT(second); i++)
		wanted2 |= BIT(second[i]);
	start(&plain);
	assert_int_equal(svm->guest.intercept1, wanted1);
	assert_int_equal(svm->guest.intercept2, wanted2);
	assert_int_equal(svm->guest.intercept_exceptions, EXCEPTIONS);
	assert_int_equal(svm->guest.intercept_cr, 0);
	assert_int_equal(svm->guest.intercept_dr, 0);
	assert_int_equal(svm->guest.tlb_control, 1);
	assert_int_equal(svm->guest.virtual_interrupt, 0); /* CR8 is the processor's */
}

static void assert_segment(const struct vmcb_segment *s, unsigned selector, unsigned attributes,
			   uint32_t limit, uint64_t base)
{
	assert_int_equal(s->selector, selector);
	assert_int_equal(s->attributes, attributes);
	assert_int_equal(s->limit, limit);
	assert_int_equal(s->base, base);
}

/* Multiboot 3.2, and for the rest SDM table 10-1; rights without bits 8 to 11: 15.5.1. */
static void test_start(void **state)
{
	const struct vmcb *s;

	(void)state;
	start(&plain);
	s = &svm->guest;
	assert_segment(&s->cs, 0x08, 0xc9b, 0xffffffff, 0x1000);
	assert_segment(&s->es, 0x10, 0xc93, 0xffffffff, 0);
	assert_segment(&s->ss, 0x10, 0xc93, 0xffffffff, 0);
	assert_segment(&s->ds, 0x10, 0xc93, 0xffffffff, 0);
	assert_segment(&s->fs, 0x10, 0xc93, 0xffffffff, 0);
	assert_segment(&s->gs, 0x10, 0xc93, 0xffffffff, 0);
	assert_segment(&s->gdtr, 0, 0, 0xffff, 0);
	assert_segment(&s->idtr, 0, 0, 0xffff, 0);
	assert_segment(&s->ldtr, 0, 0x82, 0, 0);
	assert_segment(&s->tr, 0, 0x8b, 0x67, 0);
	assert_int_equal(s->cr0, CR0_PE | CR0_ET);
	assert_int_equal(s->cr3, 0);
	assert_int_equal(s->cr4, 0);
	assert_int_equal(s->dr6, 0xffff0ff0);
	assert_int_equal(s->dr7, 0x400);
	assert_int_equal(s->rflags, 2);
	assert_int_equal(s->rip, RIP);
	assert_int_equal(s->rax, 0x2badb002);
	assert_int_equal(s->pat, 0x0007040600070406);
	assert_int_equal(s->cpl, 0);
}

/* A vCPU that was sent an INIT meanwhile is not run at all. */
static void test_init_before(void **state)
{
	(void)state;
	start(&plain);
	svm = NULL;
	vcpu.startup = STARTUP_INIT;
	svm_vendor.run(&vcpu, &begin);
	assert_null(svm);
}

/* Appendix C; the upper half of INVALID may be clear. */
static void test_reasons(void **state)
{
	static const struct {
		uint64_t code;
		enum exit_kind kind;
		uint64_t information;
	} table[] = {
		{0x46, EXIT_EXCEPTION, 0},     {0x4d, EXIT_EXCEPTION, 8},
		{0x4e, EXIT_EXCEPTION, 2},     {0x63, EXIT_INIT, 0},
		{0x61, EXIT_NMI, 0},           {0x72, EXIT_CPUID, 0},
		{0x76, EXIT_INVD, 0},          {0x78, EXIT_HLT, 0},
		{0x7a, EXIT_INSTRUCTION, 0},   {0x7c, EXIT_RDMSR, 0},
		{0x7c, EXIT_WRMSR, 1},         {0x7d, EXIT_UNKNOWN, 0},
		{0x7f, EXIT_TRIPLE_FAULT, 0},  {0x80, EXIT_INSTRUCTION, 0},
		{0x82, EXIT_INSTRUCTION, 0},   {0x83, EXIT_INSTRUCTION, 0},
		{0x84, EXIT_INSTRUCTION, 0},   {0x85, EXIT_INSTRUCTION, 0},
		{0x86, EXIT_INSTRUCTION, 0},   {0x87, EXIT_INSTRUCTION, 0},
		{0x8a, EXIT_INSTRUCTION, 0},   {0x8b, EXIT_INSTRUCTION, 0},
		{0x8c, EXIT_INSTRUCTION, 0},   {0x8d, EXIT_INSTRUCTION, 0},
		{0x400, EXIT_NESTED_FAULT, 0}, {0x60, EXIT_INTERRUPT, 0},
		{0x64, EXIT_UNKNOWN, 0},       {0xffffffff, EXIT_ENTRY_FAILED, 0},
		{0x401, EXIT_UNKNOWN, 0},      {UINT64_MAX, EXIT_ENTRY_FAILED, 0},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		start(&plain);
		nmis = 0;
		svm->guest.exit_code = table[i].code;
		svm->guest.exit_info1 = table[i].information;
		svm->guest.exit_info2 = 0x9876543210;
		assert_true(svm_exit(&vcpu));
		assert_int_equal(vcpu.exit.kind, table[i].kind);
		assert_int_equal(vcpu.exit.code, table[i].code);
		assert_int_equal(vcpu.exit.information, table[i].information);
		assert_int_equal(vcpu.exit.gpa, table[i].code == 0x400 || table[i].code == 0x4e
							? 0x9876543210
							: 0);
		assert_int_equal(svm->guest.rip, RIP + (table[i].code == 0x78 ? 1 : 2));
		assert_int_equal(nmis, table[i].kind == EXIT_NMI);
		assert_true(!vcpu.exit.name == (table[i].code != 0x7d));
		if (table[i].kind == EXIT_EXCEPTION) {
			assert_true(vcpu.exit.event.pending);
			assert_int_equal(vcpu.exit.event.vector, table[i].code - 0x40);
			assert_int_equal(vcpu.exit.event.has_error, table[i].code != 0x46);
			assert_int_equal(vcpu.exit.event.error, table[i].information);
		}
	}
	start(&plain);
	svm->guest.exit_code = 0x78;
	going_on = false;
	assert_false(svm_exit(&vcpu));
	going_on = true;
}

static void inject_interrupt(struct vcpu *v)
{
	assert_true(v->exit.open);
	v->event = (struct vcpu_event){
		.pending = true, .interrupt = true, .vector = (uint8_t)v->vendor->take_interrupt()};
}

/*
 * 15.13.1: interrupts exit if asked for.  15.20: their events have type 0, or are an INT n, of type
 * 4, at CPL 0 of a CPU that does not save the next RIP.
 */
static void test_interrupts(void **state)
{
	struct fake_cpu saves = plain;

	(void)state;
	saves.leaves[2].regs.edx |= BIT(3);
	for (unsigned i = 0; i < 4; i++) {
		uint32_t before;

		start(i & 1 ? &saves : &plain);
		before = svm->guest.intercept1;
		svm_vendor.intercept_interrupts(&vcpu, true);
		assert_int_equal(svm->guest.intercept1, before | BIT(0));
		svm->guest.exit_code = 0x60;
		svm->guest.cpl = i & 2 ? 3 : 0;
		handler = inject_interrupt;
		assert_true(svm_exit(&vcpu));
		handler = NULL;
		assert_int_equal(svm->guest.event, i ? 0x80000055 : 0x80000455);
		assert_int_equal(svm->guest.rip, RIP);
		svm_vendor.intercept_interrupts(&vcpu, false);
		assert_int_equal(svm->guest.intercept1, before);
	}
}

/* 15.10.2: EXITINFO1, and the next instruction's RIP in EXITINFO2. */
static void test_io(void **state)
{
	(void)state;
	start(&plain);
	svm->guest.exit_code = 0x7b;
	svm->guest.exit_info1 = 0x3f8 << 16 | BIT(4) | BIT(0);
	svm->guest.exit_info2 = RIP + 3;
	assert_true(svm_exit(&vcpu));
	assert_int_equal(svm->guest.rip, RIP + 3);
	assert_int_equal(vcpu.exit.io.port, 0x3f8);
	assert_int_equal(vcpu.exit.io.size, 1);
	assert_true(vcpu.exit.io.in && !vcpu.exit.io.string && !vcpu.exit.io.repeated);
	svm->guest.exit_info1 = 0xffffu << 16 | BIT(6) | BIT(2) | BIT(3) | BIT(7);
	assert_true(svm_exit(&vcpu));
	assert_int_equal(vcpu.exit.io.port, 0xffff);
	assert_int_equal(vcpu.exit.io.size, 4);
	assert_true(!vcpu.exit.io.in && vcpu.exit.io.string && vcpu.exit.io.repeated);
}

/* What an exit's handler finds of the guest, and what it changes. */
static void change_all(struct vcpu *v)
{
	struct vcpu_slow_state *s = &v->slow;

	assert_int_equal(v->rip, RIP);
	assert_int_equal(v->regs.rax, 0x2badb002);
	assert_int_equal(v->efer, EFER_LME | EFER_LMA);
	assert_int_equal(s->rsp, 0x1001);
	assert_int_equal(s->rflags, 0x1002);
	assert_int_equal(s->cr0, 0x1003);
	assert_int_equal(s->cr2, 0x1004);
	assert_int_equal(s->cr3, 0x1005);
	assert_int_equal(s->cr4, 0x1006);
	assert_int_equal(s->fs_base, 0x1007);
	assert_int_equal(s->gs_base, 0x1008);
	assert_int_equal(s->lstar, 0x1009);
	assert_int_equal(s->ds, 0x100a);
	assert_int_equal(s->idtr_limit, 0x100b);
	v->rip = 0x2000;
	v->regs.rax = 0x200c;
	v->efer = EFER_SCE | EFER_LMA;
	v->pat = 0x200d;
	*s = (struct vcpu_slow_state){.rsp = 0x2001,
				      .rflags = 0x2002,
				      .cr2 = 0x2004,
				      .cr4 = 0x2006,
				      .fs_base = 0x2007,
				      .gs_base = 0x2008,
				      .lstar = 0x2009,
				      .ds = 0x200a,
				      .idtr_limit = 0x200b};
}

static void test_sync(void **state)
{
	struct vmcb *c;

	(void)state;
	start(&plain);
	c = &svm->guest;
	c->exit_code = 0x72;
	c->rsp = 0x1001;
	c->rflags = 0x1002;
	c->cr0 = 0x1003;
	c->cr2 = 0x1004;
	c->cr3 = 0x1005;
	c->cr4 = 0x1006;
	c->fs.base = 0x1007;
	c->gs.base = 0x1008;
	c->lstar = 0x1009;
	c->ds.selector = 0x100a;
	c->idtr.limit = 0x100b;
	c->interrupt_shadow = 1;
	c->efer = EFER_SVME | EFER_LMA;
	vcpu.efer = EFER_LME;
	handler = change_all;
	assert_true(svm_exit(&vcpu));
	handler = NULL;
	assert_int_equal(c->rip, 0x2000);
	assert_int_equal(c->rax, 0x200c);
	assert_int_equal(c->rsp, 0x2001);
	assert_int_equal(c->rflags, 0x2002);
	assert_int_equal(c->cr2, 0x2004);
	assert_int_equal(fake.cr2, 0x2004);
	assert_int_equal(c->cr4, 0x2006);
	assert_int_equal(c->fs.base, 0x2007);
	assert_int_equal(c->gs.base, 0x2008);
	assert_int_equal(c->lstar, 0x2009);
	assert_int_equal(c->ds.selector, 0x200a);
	assert_int_equal(c->idtr.limit, 0x200b);
	assert_int_equal(c->pat, 0x200d);
	assert_int_equal(c->efer, EFER_SVME | EFER_SCE | EFER_LMA);
	assert_int_equal(c->interrupt_shadow, 0); /* the instruction after STI is done */
	assert_int_equal(c->tlb_control, 0);      /* flushed at the first entry */
	assert_int_equal(c->event, 0);
	assert_false(vcpu.synced);
}

static void inject(struct vcpu *v)
{
	v->event = (struct vcpu_event){
		.pending = true, .has_error = true, .vector = VECTOR_GP, .error = 0x1238};
}

uint64_t lapic_interrupted(uint64_t event)
{
	return event == EVENT_VALID ? EVENT_VALID | 0x29 : event;
}

static void deliver_again(struct vcpu *v)
{
	v->event = v->exit.event;
}

/* 15.20: valid, with an error code, of type 3, and the error in the upper half. */
static void test_event(void **state)
{
	(void)state;
	start(&plain);
	svm->guest.exit_code = 0x72;
	handler = inject;
	assert_true(svm_exit(&vcpu));
	handler = NULL;
	assert_int_equal(svm->guest.event, UINT64_C(0x1238) << 32 | 0x80000b0d);
	assert_false(vcpu.event.pending);
}

/* 15.7.2: what a nested fault interrupts; instructions raise their events again. */
static void test_interrupted(void **state)
{
	static const struct {
		uint64_t info, injected; /* 0: nothing */
	} table[] =
		{
			{0x80000306, 0x80000306},
			{0x500000b0e, 0},
			{0x580000b0e, 0x580000b0e},
			{0x80000041, 0x80000441},
			{0x80000341, 0x80000441}, /* QEMU's word for an interrupt */
			{0x80000018, 0x80000418},
			{0x80000303, 0},          /* INT3 */
			{0x80000304, 0},          /* INTO */
			{0x80000480, 0},          /* INT 0x80 */
			{0x80000000, 0x80000429}, /* Bochs does not name it */
			{0x00000000, 0},
		};

	(void)state;
	handler = deliver_again;
	for (unsigned i = 0; i < COUNT(table); i++) {
		start(&plain);
		svm->guest.exit_code = 0x400;
		svm->guest.exit_int_info = table[i].info;
		assert_true(svm_exit(&vcpu));
		assert_int_equal(svm->guest.event, table[i].injected);
		if (EVENT_TYPE(table[i].injected) == 4) { /* interrupted once more */
			svm->guest.exit_int_info = table[i].injected;
			assert_true(svm_exit(&vcpu));
			assert_int_equal(svm->guest.event, table[i].injected);
		}
		svm->guest.exit_code = 0x72; /* it counts only for nested faults */
		assert_true(svm_exit(&vcpu));
		assert_false(vcpu.exit.event.pending);
	}
	handler = NULL;
}

static void lose_page(struct vcpu *v)
{
	v->flush = true;
}

/* 15.16.2: at the next entry, and not for ever. */
static void test_flush(void **state)
{
	(void)state;
	start(&plain);
	svm->guest.exit_code = 0x72;
	handler = lose_page;
	assert_true(svm_exit(&vcpu));
	assert_int_equal(svm->guest.tlb_control, 1);
	handler = NULL;
	assert_true(svm_exit(&vcpu));
	assert_int_equal(svm->guest.tlb_control, 0);
}

static bool sync_in_call;

static void call(struct vcpu *v)
{
	assert_int_equal(v->regs.rax, 0x2badb002);
	v->regs.rax = 5;
	assert_false(host_loaded);
	if (sync_in_call) {
		vcpu_sync(v);
		assert_true(host_loaded);
		assert_int_equal(v->rip, RIP + 3);
		v->rip++;
		v->slow.rsp = 0x7777;
	}
}

/* The way of a call, without and with a look at the slow state. */
static void test_call(void **state)
{
	(void)state;
	for (unsigned sync = 0; sync < 2; sync++) {
		start(&plain);
		vcpu.hypercall = call;
		sync_in_call = sync;
		svm->guest.exit_code = 0x81;
		svm->guest.interrupt_shadow = 1;
		svm->guest.rsp = 0x6666;
		assert_true(svm_exit(&vcpu));
		assert_int_equal(svm->guest.rax, 5);
		assert_int_equal(svm->guest.rip, RIP + (sync ? 4 : 3));
		assert_false(host_loaded);
		assert_int_equal(svm->guest.rsp, sync ? 0x7777 : 0x6666);
		assert_int_equal(svm->guest.interrupt_shadow, 0);
		assert_false(vcpu.synced);
	}
}

/* Of each register the bit that is asked for, and nothing else; no two are the same. */
static void test_flip(void **state)
{
	static uint8_t before[sizeof(struct vmcb)];
	static bool seen[8 * sizeof(struct vmcb)];
	const uint8_t *guest;

	(void)state;
	start(&plain);
	guest = (const uint8_t *)&svm->guest;
	memcpy(before, guest, sizeof(before));
	for (unsigned i = 0; i < REGISTERS; i++) {
		svm_vendor.flip(&vcpu, (enum vcpu_register)i, BIT(12));
		for (unsigned bit = 0; bit < sizeof(seen); bit++) {
			bool changed = (before[bit / 8] ^ guest[bit / 8]) >> bit % 8 & 1;

			if (changed)
				assert_true(bit >= 0x400 * 8 && bit % 16 == 12 && !seen[bit]);
			seen[bit] |= changed;
		}
		assert_memory_not_equal(before, guest, sizeof(before));
		svm_vendor.flip(&vcpu, (enum vcpu_register)i, BIT(12));
		assert_memory_equal(before, guest, sizeof(before));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offered),    cmocka_unit_test(test_available),
		cmocka_unit_test(test_msr_map),    cmocka_unit_test(test_controls),
		cmocka_unit_test(test_next_rip),   cmocka_unit_test(test_code),
		cmocka_unit_test(test_flip),       cmocka_unit_test(test_intercepts),
		cmocka_unit_test(test_start),      cmocka_unit_test(test_init_before),
		cmocka_unit_test(test_reasons),    cmocka_unit_test(test_io),
		cmocka_unit_test(test_interrupts), cmocka_unit_test(test_sync),
		cmocka_unit_test(test_event),      cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_flush),      cmocka_unit_test(test_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
