; SPDX-License-Identifier: GPL-2.0-only
; The world switch.  SDM volume 3 (325384-083) 27.3, 28.3 and 28.5: VM entries and exits switch
; RSP, RIP, RFLAGS, the segments, the control registers, the tables, DR7, EFER, PAT and the SYSENTER
; MSRs; the general purpose registers are switched here.  The x87 and SSE registers, CR2, DR0-3, DR6
; and the SYSCALL MSRs are not switched: the host does not use them, so the guest's values stay.

%include "asm-offsets.inc"
%include "boot/regs.inc"

%define VMCS_HOST_RSP 0x6c14             ; vmx.h asserts them
%define VMCS_HOST_RIP 0x6c16

extern vmx_exit, vmx_entry_failed
global vmx_run, vmx_unblock_nmis

section .text
bits 64

; void vmx_run(struct vcpu *vcpu)
vmx_run:
        PUSH_REGS CALLEE_SAVED
        push    rdi                     ; [rsp]: vcpu; its registers are its first member

        ; 1. tell the CPU where exits go: to .exit, with this stack
        mov     edx, VMCS_HOST_RSP
        vmwrite rdx, rsp
        mov     edx, VMCS_HOST_RIP
        mov     eax, .exit
        vmwrite rdx, rax

        ; 2. enter the guest for the first time
        mov     rax, rdi
        LOAD_REGS rax + GPR_, MOST_GPRS, RSI, RDI, RAX
        vmlaunch
        jmp     .failed

.enter: ; 3. enter it again; RAX: vcpu
        LOAD_REGS rax + GPR_, MOST_GPRS, RSI, RDI, RAX
        vmresume
.failed:                                ; 31.2: the CPU did not enter the guest
        mov     rdi, [rsp]
        call    vmx_entry_failed
        jmp     .leave

.exit:  ; 4. save the guest's state
        push    rax
        mov     rax, [rsp + 8]
        SAVE_REGS rax + GPR_, MOST_GPRS, RSI, RDI
        pop     qword [rax + GPR_RAX]

        ; 5. handle the exit
        mov     rdi, rax
        call    vmx_exit
        test    rax, rax
        jnz     .enter

.leave: add     rsp, 8
        POP_REGS CALLEE_SAVED
        ret

vmx_unblock_nmis:
        mov     rdx, rsp
        mov     eax, ss
        push    rax
        push    rdx
        pushfq
        mov     eax, cs
        push    rax
        mov     eax, .unblocked
        push    rax
        iretq
.unblocked:
        ret
