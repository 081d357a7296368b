/* SPDX-License-Identifier: GPL-2.0-only */
/* For faults: where the VMCB has each register. */
#include "host/svm.h"

void svm_flip(struct vcpu *vcpu, enum vcpu_register which, uint64_t bits)
{
	static const uint16_t offsets[REGISTERS] = {
		[REGISTER_CS] = offsetof(struct vmcb, cs.selector),
		[REGISTER_SS] = offsetof(struct vmcb, ss.selector),
		[REGISTER_ES] = offsetof(struct vmcb, es.selector),
		[REGISTER_FS] = offsetof(struct vmcb, fs.selector),
		[REGISTER_GS] = offsetof(struct vmcb, gs.selector),
		[REGISTER_TR] = offsetof(struct vmcb, tr.selector),
		[REGISTER_LDTR] = offsetof(struct vmcb, ldtr.selector),
		[REGISTER_GDTR_LIMIT] = offsetof(struct vmcb, gdtr.limit),
		[REGISTER_GDTR_BASE] = offsetof(struct vmcb, gdtr.base),
		[REGISTER_IDTR_BASE] = offsetof(struct vmcb, idtr.base),
		[REGISTER_KERNEL_GS_BASE] = offsetof(struct vmcb, kernel_gs_base),
		[REGISTER_STAR] = offsetof(struct vmcb, star),
		[REGISTER_CSTAR] = offsetof(struct vmcb, cstar),
		[REGISTER_SFMASK] = offsetof(struct vmcb, sfmask),
		[REGISTER_SYSENTER_CS] = offsetof(struct vmcb, sysenter_cs),
		[REGISTER_SYSENTER_ESP] = offsetof(struct vmcb, sysenter_esp),
		[REGISTER_SYSENTER_EIP] = offsetof(struct vmcb, sysenter_eip),
		[REGISTER_ES_BASE] = offsetof(struct vmcb, es.base),
		[REGISTER_ES_RIGHTS] = offsetof(struct vmcb, es.attributes),
		[REGISTER_GS_LIMIT] = offsetof(struct vmcb, gs.limit),
		[REGISTER_CR0] = offsetof(struct vmcb, cr0),
		[REGISTER_CR3] = offsetof(struct vmcb, cr3),
		[REGISTER_DR6] = offsetof(struct vmcb, dr6),
		[REGISTER_DR7] = offsetof(struct vmcb, dr7),
	};
	uint8_t *at = (uint8_t *)&((struct svm *)vcpu->pages)->guest + offsets[which];

	for (; bits; bits >>= 8) /* byte by byte, for registers have several sizes */
		*at++ ^= (uint8_t)bits;
}
