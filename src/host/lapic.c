/* SPDX-License-Identifier: GPL-2.0-only */
/* SDM volume 3 (325384-083) 11.4 and 11.6; APM2 (24593 rev. 3.41) 16.3 and 16.5. */
#include "host/lapic.h"

#include "host/guest_memory.h"
#include "host/log.h"
#include "host/mov_decode.h"
#include "host/vcpus.h"
#include "x86/apic.h"
#include "x86/insn.h"

#define BASE_BOOT_PROCESSOR BIT(8)
#define BASE_X2APIC         BIT(10)
#define BASE_ENABLED        BIT(11)
#define CPUID_X2APIC        BIT(21) /* leaf 1 ECX */
#define FIRST_MSR           0x802u
#define LAST_MSR            0x83eu
#define MSR_ID              0x802u
#define MSR_DFR             0x80eu /* x2APIC mode has neither DFR nor ICR2 */
#define MSR_ICR             0x830u
#define MSR_ICR2            0x831u
#define RSP_NUMBER          4

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

static void write_register(struct vcpu *vcpu, unsigned offset, uint32_t value)
{
	if (offset == APIC_ICR)
		vcpus_write_icr(vcpu, value);
	else if (offset == APIC_ICR_DESTINATION)
		vcpu->icr_destination = value;
	else
		apic_write(offset, value);
}

static uint32_t read_register(const struct vcpu *vcpu, unsigned offset)
{
	return offset == APIC_ICR_DESTINATION ? vcpu->icr_destination : apic_read(offset);
}

static bool is_register(const struct vcpu *vcpu, uint32_t msr)
{
	return vcpu->x2apic && msr >= FIRST_MSR && msr <= LAST_MSR && msr != MSR_DFR &&
	       msr != MSR_ICR2;
}

static unsigned offset_of(uint32_t msr)
{
	return (msr & 0xff) * 16;
}

bool lapic_rdmsr(const struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	if (msr == MSR_APIC_BASE) {
		*value = read_base(vcpu);
		return vcpus_count() > 1;
	}
	if (!is_register(vcpu, msr))
		return false;
	*value = read_register(vcpu, offset_of(msr));
	if (msr == MSR_ID)
		*value >>= 24;
	if (msr == MSR_ICR)
		*value |= (uint64_t)(vcpu->icr_destination >> 24) << 32;
	return true;
}

bool lapic_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	if (msr == MSR_APIC_BASE)
		return vcpus_count() > 1 && write_base(vcpu, value);
	if (!is_register(vcpu, msr))
		return false;
	if (msr == MSR_ICR) /* only eight bits of the destination are kept, as in xAPIC mode */
		vcpu->icr_destination = (uint32_t)(value >> 32) << 24;
	write_register(vcpu, offset_of(msr), (uint32_t)value);
	return true;
}

bool lapic_page_access(struct vcpu *vcpu)
{
	unsigned offset = (unsigned)(vcpu->exit.gpa % PAGE_SIZE);
	uint8_t code[MOV_DECODE_MAX];
	struct mov_decoded mov;

	if (vcpu->exit.gpa - offset != LAPIC_PAGE || vcpus_count() == 1)
		return false;
	if (offset % 16 ||
	    !mov_decode(code, guest_fetch(vcpu, code, sizeof(code)), vcpu->slow.code_bits, &mov)) {
		vcpu->end_reason = "touched its APIC by something else than a MOV of 32 bits";
		return false;
	}
	if (!mov.write)
		*operand(vcpu, mov.reg) = read_register(vcpu, offset);
	else if (mov.immediate)
		write_register(vcpu, offset, mov.value);
	else
		write_register(vcpu, offset, (uint32_t)*operand(vcpu, mov.reg));
	vcpu->rip += mov.length;
	return true;
}
