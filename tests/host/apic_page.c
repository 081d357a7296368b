/* SPDX-License-Identifier: GPL-2.0-only */
/* SDM volume 3 (325384-083) 11.4 and 11.6; APM2 (24593 rev. 3.41) 16.3 and 16.5. */
#include "apic_page.h"

#include "guest_memory.h"
#include "mov.h"
#include "vcpus.h"
#include "x86/apic.h"

#define BASE_BOOT_PROCESSOR BIT(8)
#define BASE_ENABLED        BIT(11)
#define LONGEST_INSTRUCTION 15
#define RSP_NUMBER          4

uint64_t apic_base(const struct vcpu *vcpu)
{
	return APIC_PAGE | BASE_ENABLED | (vcpu->id ? 0 : BASE_BOOT_PROCESSOR);
}

static uint64_t *operand(struct vcpu *vcpu, unsigned reg)
{
	return reg == RSP_NUMBER ? &vcpu->slow.rsp : &vcpu->regs.rax + reg;
}

static void write_register(struct vcpu *vcpu, unsigned offset, uint32_t value)
{
	if (offset == APIC_ICR)
		vcpus_command(vcpu, value);
	else if (offset == APIC_ICR_DESTINATION)
		vcpu->icr_destination = value;
	else
		apic_write(offset, value);
}

static uint32_t read_register(const struct vcpu *vcpu, unsigned offset)
{
	return offset == APIC_ICR_DESTINATION ? vcpu->icr_destination : apic_read(offset);
}

bool apic_page_access(struct vcpu *vcpu)
{
	unsigned offset = (unsigned)(vcpu->exit.gpa % PAGE_SIZE);
	uint8_t code[LONGEST_INSTRUCTION];
	struct mov mov;

	if (vcpu->exit.gpa - offset != APIC_PAGE || vcpu_count() == 1)
		return false;
	if (offset % 16 ||
	    !mov_decode(code, guest_fetch(vcpu, code, sizeof(code)), vcpu->slow.code_bits, &mov)) {
		vcpu->ended = "touched its APIC by something else than a MOV of 32 bits";
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
