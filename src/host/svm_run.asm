; SPDX-License-Identifier: GPL-2.0-only
; The world switch.  APM2 (24593 rev. 3.41) 15.5: VMRUN and #VMEXIT switch RAX, RSP, RIP,
; RFLAGS, CS, SS, DS, ES, the control registers and the tables; VMLOAD and VMSAVE the
; hidden rest of FS, GS, TR and LDTR and the SYSCALL MSRs, which the host needs only where
; it may take a trap; the other general purpose registers are switched here.  The x87 and
; SSE registers and DR0-3 are not switched: the host does not use them, so the guest's
; values stay.

%include "asm-offsets.inc"
%include "boot/regs.inc"

%define SVM_HOST PAGE_SIZE               ; svm.h asserts it

extern svm_exit, interrupt_take
global svm_run, svm_load_host, svm_load_guest
global svm_take_nmi, svm_take_interrupt, svm_block_nmis

section .text
bits 64

; void svm_run(struct svm *svm, struct vcpu *vcpu)
svm_run:
        PUSH_REGS CALLEE_SAVED
        push    rdi                     ; [rsp + 8]: svm; the guest's VMCB is its first member
        push    rsi                     ; [rsp]: vcpu; its registers are its first member
        clgi                            ; 15.17: only the guest takes interrupts and NMIs

        ; 1. save the host's hidden state, once: it never changes; load the guest's
        lea     rax, [rdi + SVM_HOST]
        vmsave                  ; at RAX
        mov     rax, rdi
        vmload                  ; at RAX

.enter: ; 2. load the guest's registers
        LOAD_REGS rsi + GPR_, MOST_GPRS, RDI, RSI

        ; 3. run the guest; afterwards RAX and RSP are the host's again
        vmrun                   ; at RAX

        ; 4. save the guest's registers; its hidden state stays, until svm_load_host()
        mov     rax, [rsp]
        SAVE_REGS rax + GPR_, MOST_GPRS, RSI, RDI

        ; 5. handle the exit
        mov     rdi, rax
        call    svm_exit
        mov     rsi, [rsp]
        test    rax, rax
        jnz     .enter

        ; 6. load the host's hidden state
        mov     rax, [rsp + 8]
        add     rax, SVM_HOST
        vmload                  ; at RAX
        add     rsp, 16
        POP_REGS CALLEE_SAVED
        ret

svm_load_host:
        mov     rax, rdi
        vmsave                  ; at RAX
        add     rax, SVM_HOST
        vmload                  ; at RAX
        ret

svm_load_guest:
        mov     rax, rdi
        vmload                  ; at RAX
        ret

svm_take_nmi:
        stgi
        nop
        clgi
        ret

svm_take_interrupt:
        stgi
        call    interrupt_take
        clgi
        ret

svm_block_nmis:
        clgi
        ret
