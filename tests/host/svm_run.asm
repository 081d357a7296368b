; SPDX-License-Identifier: GPL-2.0-only
; The world switch.  APM2 (24593 rev. 3.41) 15.5: VMRUN and #VMEXIT switch RAX, RSP, RIP,
; RFLAGS, CS, SS, DS, ES, the control registers and the tables; VMLOAD and VMSAVE the
; hidden rest of FS, GS, TR and LDTR and the SYSCALL MSRs; the other general purpose
; registers are ours to switch.  The x87 and SSE registers and DR0-3 nobody touches: the
; host does not use them, so the guest's stay where they are.

%include "asm-offsets.inc"

%define SVM_HOST PAGE_SIZE               ; svm.h asserts it

extern svm_exit
global svm_run

section .text
bits 64

; void svm_run(struct svm *svm, struct vcpu *vcpu)
svm_run:
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        push    rsi                     ; [rsp + 8]: vcpu, at whose start its registers are
        push    rdi                     ; [rsp]: svm, at whose start the guest's VMCB is
        clgi                            ; 15.17: no interrupt, no NMI from here on but in the guest

        ; 1. our hidden state away: once, for it never changes
        lea     rax, [rdi + SVM_HOST]
        vmsave                  ; at RAX

.enter: ; 2. the guest's in
        mov     rax, rdi
        vmload                  ; at RAX
        mov     rcx, [rsi + GPR_RCX]
        mov     rdx, [rsi + GPR_RDX]
        mov     rbx, [rsi + GPR_RBX]
        mov     rbp, [rsi + GPR_RBP]
        mov     rdi, [rsi + GPR_RDI]
        mov     r8,  [rsi + GPR_R8]
        mov     r9,  [rsi + GPR_R9]
        mov     r10, [rsi + GPR_R10]
        mov     r11, [rsi + GPR_R11]
        mov     r12, [rsi + GPR_R12]
        mov     r13, [rsi + GPR_R13]
        mov     r14, [rsi + GPR_R14]
        mov     r15, [rsi + GPR_R15]
        mov     rsi, [rsi + GPR_RSI]

        ; 3. the guest; behind it RAX and RSP are ours again
        vmrun                  ; at RAX

        ; 4. its state away
        vmsave                  ; at RAX
        mov     rax, [rsp + 8]
        mov     [rax + GPR_RCX], rcx
        mov     [rax + GPR_RDX], rdx
        mov     [rax + GPR_RBX], rbx
        mov     [rax + GPR_RBP], rbp
        mov     [rax + GPR_RSI], rsi
        mov     [rax + GPR_RDI], rdi
        mov     [rax + GPR_R8], r8
        mov     [rax + GPR_R9], r9
        mov     [rax + GPR_R10], r10
        mov     [rax + GPR_R11], r11
        mov     [rax + GPR_R12], r12
        mov     [rax + GPR_R13], r13
        mov     [rax + GPR_R14], r14
        mov     [rax + GPR_R15], r15

        ; 5. ours in
        mov     rdi, [rsp]
        lea     rax, [rdi + SVM_HOST]
        vmload                  ; at RAX

        ; 6. what was it?
        mov     rsi, [rsp + 8]
        call    svm_exit
        mov     rdi, [rsp]
        mov     rsi, [rsp + 8]
        test    al, al
        jnz     .enter

        add     rsp, 16
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        ret
