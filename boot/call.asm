; SPDX-License-Identifier: GPL-2.0-only
; The one way in which the guest talks to its host: a call with every register known,
; before and after.

%include "asm-offsets.inc"

global call_with_regs, call_end, op_rdmsr, op_wrmsr

DECOYS  equ 8

section .text
bits 64

; void call_with_regs(struct call *call)
;
; Enters the target by RET, for no register is free to hold its address.  Its own
; RET finds our return address, and so it does if the host moved RSP up by a few words: the
; difference then shows in the saved image and not as a crash.
call_with_regs:
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        mov     [rdi + CALL_STACK], rsp
        mov     eax, .back
%rep DECOYS
        push    rax
%endrep
        lea     rax, [rsp + 8]
        mov     [rdi + CALL_IN + GPR_RSP], rax
        push    qword [rdi + CALL_TARGET]
        push    qword [rdi + CALL_IN + GPR_RFLAGS]

        mov     rax, [rdi + CALL_IN + GPR_RAX]
        mov     rcx, [rdi + CALL_IN + GPR_RCX]
        mov     rdx, [rdi + CALL_IN + GPR_RDX]
        mov     rbx, [rdi + CALL_IN + GPR_RBX]
        mov     rbp, [rdi + CALL_IN + GPR_RBP]
        mov     rsi, [rdi + CALL_IN + GPR_RSI]
        mov     r8,  [rdi + CALL_IN + GPR_R8]
        mov     r9,  [rdi + CALL_IN + GPR_R9]
        mov     r10, [rdi + CALL_IN + GPR_R10]
        mov     r11, [rdi + CALL_IN + GPR_R11]
        mov     r12, [rdi + CALL_IN + GPR_R12]
        mov     r13, [rdi + CALL_IN + GPR_R13]
        mov     r14, [rdi + CALL_IN + GPR_R14]
        mov     r15, [rdi + CALL_IN + GPR_R15]
        mov     rdi, [rdi + CALL_IN + GPR_RDI]
        popfq
        ret

; Nothing is known here but that RSP lies in this vCPU's stack, which leads to its call.
.back:
        pushfq
        push    rax
        mov     rax, rsp
        or      rax, STACK_SIZE - 1
        mov     rax, [rax - 7]
        mov     rax, [rax + CPU_CALL]
        mov     [rax + CALL_OUT + GPR_RCX], rcx
        mov     [rax + CALL_OUT + GPR_RDX], rdx
        mov     [rax + CALL_OUT + GPR_RBX], rbx
        mov     [rax + CALL_OUT + GPR_RBP], rbp
        mov     [rax + CALL_OUT + GPR_RSI], rsi
        mov     [rax + CALL_OUT + GPR_RDI], rdi
        mov     [rax + CALL_OUT + GPR_R8], r8
        mov     [rax + CALL_OUT + GPR_R9], r9
        mov     [rax + CALL_OUT + GPR_R10], r10
        mov     [rax + CALL_OUT + GPR_R11], r11
        mov     [rax + CALL_OUT + GPR_R12], r12
        mov     [rax + CALL_OUT + GPR_R13], r13
        mov     [rax + CALL_OUT + GPR_R14], r14
        mov     [rax + CALL_OUT + GPR_R15], r15
        pop     qword [rax + CALL_OUT + GPR_RAX]
        pop     qword [rax + CALL_OUT + GPR_RFLAGS]
        mov     [rax + CALL_OUT + GPR_RSP], rsp
        mov     rsp, [rax + CALL_STACK]
        push    byte RFLAGS_RESERVED1   ; interrupts off, direction up, nothing pending
        popfq
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        ret

; Targets beside the hypercall sites: the other two instructions that reach the host.
op_rdmsr:
        rdmsr
        ret
op_wrmsr:
        wrmsr
        ret
call_end:
