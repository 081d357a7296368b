/* SPDX-License-Identifier: GPL-2.0-only */
/* SDM volume 3 (325384-083) 11.4, 11.5, 11.6 and 11.12; APM2 (24593 rev. 3.41) 16.3 to 16.5. */
#include "host/lapic.h"

#include "host/guest_memory.h"
#include "host/ipi.h"
#include "host/log.h"
#include "host/mov_decode.h"
#include "host/vcpus.h"
#include "x86/apic.h"
#include "x86/insn.h"

#define BASE_BOOT_PROCESSOR BIT(8)
#define BASE_X2APIC         BIT(10)
#define BASE_ENABLED        BIT(11)
#define SOFTWARE_ENABLED    BIT(8) /* SPURIOUS */
#define SPURIOUS_RESET      0xff
#define LVT_MASKED          0x10000
#define MAX_INTERRUPTS      256
#define CPUID_X2APIC        BIT(21) /* leaf 1 ECX */
#define FIRST_MSR           0x800u
#define REGISTERS           0x40u
#define RSP_NUMBER          4

/* Registers by number, which is the offset / 16. */
enum {
	ID = 0x02,
	VERSION = 0x03,
	TPR = 0x08,
	APR = 0x09,
	PPR = 0x0a,
	EOI = 0x0b,
	LDR = 0x0d,
	DFR = 0x0e,
	SPURIOUS = 0x0f,
	ISR = 0x10,
	IRR_LAST = 0x27,
	ESR = 0x28,
	LVT_CMCI = 0x2f,
	ICR = 0x30,
	ICR2 = 0x31,
	LVT_TIMER = 0x32,
	LVT_LINT0 = 0x35,
	LVT_LINT1 = 0x36,
	LVT_ERROR = 0x37,
	INITIAL_COUNT = 0x38,
	CURRENT_COUNT = 0x39,
	DIVIDE = 0x3e,
	SELF_IPI = 0x3f,
};

/* What the guest may do with each; nothing with others, AMD's extended ones among them. */
#define R    1 /* read, in either mode */
#define W    2 /* write it in xAPIC mode */
#define R2   4
#define W2   8 /* in x2APIC mode */
#define READ (R | R2)
#define ALL  (R | W | R2 | W2)
static const uint8_t rights[REGISTERS] = {
	[ID] = READ,
	[VERSION] = READ,
	[TPR] = ALL,
	[APR] = R,
	[PPR] = READ,
	[EOI] = W | W2,
	[LDR] = READ | W,
	[DFR] = R | W,
	[SPURIOUS] = ALL,
	[ISR... IRR_LAST] = READ,
	[ESR] = ALL,
	[LVT_CMCI] = ALL,
	[ICR] = ALL,
	[ICR2] = R | W,
	[LVT_TIMER... INITIAL_COUNT] = ALL,
	[CURRENT_COUNT] = READ,
	[DIVIDE] = ALL,
	[SELF_IPI] = W2,
};

/* 11.12.1, 11.12.9: reserved bits of x2APIC mode are a #GP; real APICs know the rest. */
#define ICR_RESERVED 0xfff33000u

/* Delivery modes, 11.5.1.  ExtINT is virtual wire mode. */
#define MODE(value) ((value) >> 8 & 7)
#define MODE_FIXED  0
#define MODE_EXTINT 7

static uint64_t read_base(const struct vcpu *vcpu)
{
	return LAPIC_PAGE | BASE_ENABLED | (vcpu->x2apic ? BASE_X2APIC : 0) |
	       (vcpu->id ? 0 : BASE_BOOT_PROCESSOR);
}

static bool write_base(struct vcpu *vcpu, uint64_t value)
{
	bool x2apic = value & BASE_X2APIC;

	if (x2apic && !(cpuid(1, 0).ecx & CPUID_X2APIC))
		return false;
	if ((value ^ read_base(vcpu)) & ~BASE_X2APIC || (vcpu->x2apic && !x2apic))
		return false; /* nothing else can change, and only a reset leaves x2APIC mode */
	if (x2apic && !vcpu->x2apic)
		log_line("x2apic %u", vcpu->id);
	vcpu->x2apic = x2apic;
	return true;
}

static uint64_t *operand(struct vcpu *vcpu, unsigned reg)
{
	return reg == RSP_NUMBER ? &vcpu->slow.rsp : &vcpu->regs.rax + reg;
}

/* SMI, NMI and INIT would reach the host. */
static bool write_lvt(struct vcpu *vcpu, unsigned reg, uint32_t value)
{
	bool lint = reg == LVT_LINT0 || reg == LVT_LINT1;

	if (MODE(value) != MODE_FIXED && !(lint && MODE(value) == MODE_EXTINT)) {
		log_line("lvt %u %#x %#x refused", vcpu->id, reg * 16, value);
		return false;
	}
	return true;
}

static void write_register(struct vcpu *vcpu, unsigned reg, uint32_t value)
{
	switch (reg) {
	case EOI:
		if (vcpu->vapic.on) {
			vapic_write_eoi(vcpu);
			return;
		}
		break;
	case ICR:
		ipi_send(vcpu, value);
		return;
	case ICR2:
		vcpu->icr_destination = value;
		return;
	case LDR:
		__atomic_store_n(&vcpu->ldr, value & 0xff000000, __ATOMIC_RELAXED);
		return;
	case DFR:
		__atomic_store_n(&vcpu->dfr, value | 0x0fffffff, __ATOMIC_RELAXED);
		return;
	case LVT_CMCI:
	case LVT_TIMER ... LVT_ERROR:
		if (!write_lvt(vcpu, reg, value))
			return;
		break;
	}
	apic_write(reg * 16, value);
}

static uint32_t read_register(struct vcpu *vcpu, unsigned reg)
{
	switch (reg) {
	case PPR:
	case ISR ... IRR_LAST:
		return vcpu->vapic.on ? vapic_read(vcpu, reg * 16) : apic_read(reg * 16);
	case ID:
		return vcpu->x2apic ? vcpu->apic_id : vcpu->apic_id << 24;
	case LDR:
		return vcpu->x2apic ? vcpu->apic_id >> 4 << 16 | 1u << (vcpu->apic_id & 15)
				    : vcpu->ldr;
	case DFR:
		return vcpu->dfr;
	case ICR:
		return vcpu->icr;
	case ICR2:
		return vcpu->icr_destination;
	default:
		return apic_read(reg * 16);
	}
}

/* Whether the guest has the register, as an MSR. */
static bool may(const struct vcpu *vcpu, uint32_t msr, unsigned right)
{
	return vcpu->x2apic && msr - FIRST_MSR < REGISTERS && rights[msr - FIRST_MSR] & right;
}

bool lapic_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	if (msr == MSR_APIC_BASE) {
		*value = read_base(vcpu);
		return vcpus_count() > 1;
	}
	if (!may(vcpu, msr, R2))
		return false;
	*value = read_register(vcpu, msr - FIRST_MSR);
	if (msr == FIRST_MSR + ICR)
		*value |= (uint64_t)vcpu->icr_destination << 32;
	return true;
}

/* 11.12.1.2, 11.12.8, 11.12.11 */
static bool is_reserved(unsigned reg, uint64_t value)
{
	switch (reg) {
	case ICR:
		return value & ICR_RESERVED;
	case EOI:
	case ESR:
		return value;
	case TPR:
	case SELF_IPI:
		return value > 0xff;
	default:
		return value >> 32;
	}
}

bool lapic_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	unsigned reg = msr - FIRST_MSR;

	if (msr == MSR_APIC_BASE)
		return vcpus_count() > 1 && write_base(vcpu, value);
	if (!may(vcpu, msr, W2) || is_reserved(reg, value))
		return false;
	if (reg == SELF_IPI)
		ipi_send_self(vcpu, (uint32_t)value);
	if (reg == ICR)
		vcpu->icr_destination = (uint32_t)(value >> 32);
	if (reg != SELF_IPI)
		write_register(vcpu, reg, (uint32_t)value);
	return true;
}

bool lapic_is_on(void)
{
	return vcpus_count() > 1 && apic_read(SPURIOUS * 16) & SOFTWARE_ENABLED;
}

/* The one of the highest priority (11.8.4); 0: none is. */
static uint8_t in_service(void)
{
	for (unsigned i = VAPIC_WORDS; i--;) {
		uint32_t word = apic_read((ISR + i) * 16);

		if (word)
			return (uint8_t)(32 * i + 31 - (unsigned)__builtin_clz(word));
	}
	return 0;
}

uint64_t lapic_interrupted(uint64_t event)
{
	return event == EVENT_VALID && vcpus_count() > 1 ? event | in_service() : event;
}

/* What is in service ends, and then the processor takes all that waits. */
static void drop_interrupts(const struct vcpu *vcpu)
{
	for (unsigned i = 0; i < MAX_INTERRUPTS && in_service(); i++)
		apic_end_of_interrupt();
	for (unsigned i = 0; i < MAX_INTERRUPTS && vcpu->vendor->take_interrupt() >= 0; i++)
		apic_end_of_interrupt();
}

void lapic_reset(struct vcpu *vcpu)
{
	vcpu->icr = vcpu->icr_destination = 0;
	__atomic_store_n(&vcpu->ldr, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&vcpu->dfr, UINT32_MAX, __ATOMIC_RELAXED);
	apic_write(LVT_CMCI * 16, LVT_MASKED);
	for (unsigned reg = LVT_TIMER; reg <= LVT_ERROR; reg++)
		apic_write(reg * 16, LVT_MASKED);
	apic_write(INITIAL_COUNT * 16, 0);
	apic_write(DIVIDE * 16, 0);
	apic_write(TPR * 16, 0);
	drop_interrupts(vcpu);
	apic_write(SPURIOUS * 16, SPURIOUS_RESET);
	apic_write(ESR * 16, 0);
}

bool lapic_page_access(struct vcpu *vcpu)
{
	unsigned offset = (unsigned)(vcpu->exit.gpa % PAGE_SIZE), reg = offset / 16;
	uint8_t code[MOV_DECODE_MAX], right;
	struct mov_decoded mov;

	if (vcpu->exit.gpa - offset != LAPIC_PAGE || vcpus_count() == 1)
		return false;
	if (offset % 16 ||
	    !mov_decode(code, guest_fetch(vcpu, code, sizeof(code)), vcpu->slow.code_bits, &mov)) {
		vcpu->end_reason = "touched its APIC by something else than a MOV of 32 bits";
		return false;
	}
	right = vcpu->x2apic || reg >= REGISTERS ? 0 : rights[reg];
	if (!mov.write)
		*operand(vcpu, mov.reg) = right & R ? read_register(vcpu, reg) : 0;
	else if (right & W)
		write_register(vcpu, reg,
			       mov.immediate ? mov.value : (uint32_t)*operand(vcpu, mov.reg));
	vcpu->rip += mov.length;
	return true;
}
