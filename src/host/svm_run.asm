; SPDX-License-Identifier: GPL-2.0-only
; The world switch.  APM2 (24593 rev. 3.41) 15.5: VMRUN and #VMEXIT switch RAX, RSP, RIP,
; RFLAGS, CS, SS, DS, ES, the control registers and the tables; VMLOAD and VMSAVE the
; hidden rest of FS, GS, TR and LDTR and the SYSCALL MSRs; the other general purpose
; registers are switched here.  The x87 and SSE registers and DR0-3 are not switched: the
; host does not use them, so the guest's values stay.

%include "asm-offsets.inc"
%include "boot/regs.inc"

%define SVM_HOST PAGE_SIZE               ; svm.h asserts it

extern svm_exit, interrupt_take
global svm_run, svm_take_nmi, svm_take_interrupt, svm_block_nmis

section .text
bits 64

; void svm_run(struct svm *svm, struct vcpu *vcpu)
svm_run:
        PUSH_REGS CALLEE_SAVED
        push    rsi                     ; [rsp + 8]: vcpu; its registers are its first member
        push    rdi                     ; [rsp]: svm; the guest's VMCB is its first member
        clgi                            ; 15.17: only the guest takes interrupts and NMIs

        ; 1. save the host's hidden state, once: it never changes
        lea     rax, [rdi + SVM_HOST]
        vmsave                  ; at RAX

.enter: ; 2. load the guest's hidden state and registers
        mov     rax, rdi
        vmload                  ; at RAX
        LOAD_REGS rsi + GPR_, MOST_GPRS, RDI, RSI

        ; 3. run the guest; afterwards RAX and RSP are the host's again
        vmrun                   ; at RAX

        ; 4. save the guest's state
        vmsave                  ; at RAX
        mov     rax, [rsp + 8]
        SAVE_REGS rax + GPR_, MOST_GPRS, RSI, RDI

        ; 5. load the host's hidden state
        mov     rdi, [rsp]
        lea     rax, [rdi + SVM_HOST]
        vmload                  ; at RAX

        ; 6. handle the exit
        mov     rsi, [rsp + 8]
        call    svm_exit
        mov     rdi, [rsp]
        mov     rsi, [rsp + 8]
        test    al, al
        jnz     .enter

        add     rsp, 16
        POP_REGS CALLEE_SAVED
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
