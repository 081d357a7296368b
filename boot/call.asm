; SPDX-License-Identifier: GPL-2.0-only
; How 64-bit code reaches the host: a call with every register known before and after it.

%include "asm-offsets.inc"
%include "boot/regs.inc"

global call_with_regs, call_end, op_rdmsr, op_wrmsr

DECOYS  equ 8

section .text
bits 64

; void call_with_regs(struct call *call)
;
; Enters the target by RET, because no register is free to hold its address.  The target's RET goes
; to .back, whose address is on the stack several times: if the host moved RSP up by a few words,
; the saved registers show that, and nothing crashes.
call_with_regs:
        PUSH_REGS CALLEE_SAVED
        mov     [rdi + CALL_STACK], rsp
        mov     eax, .back
%rep DECOYS
        push    rax
%endrep
        lea     rax, [rsp + 8]
        mov     [rdi + CALL_IN + GPR_RSP], rax
        push    qword [rdi + CALL_TARGET]
        push    qword [rdi + CALL_IN + GPR_RFLAGS]

        LOAD_REGS rdi + CALL_IN + GPR_, RAX, MOST_GPRS, RSI, RDI
        popfq
        ret

; Nothing is known here but that RSP is inside this vCPU's stack, which leads to its struct call.
.back:
        pushfq
        push    rax
        mov     rax, rsp
        or      rax, STACK_SIZE - 1
        mov     rax, [rax - 7]
        mov     rax, [rax + CPU_CALL]
        SAVE_REGS rax + CALL_OUT + GPR_, MOST_GPRS, RSI, RDI
        pop     qword [rax + CALL_OUT + GPR_RAX]
        pop     qword [rax + CALL_OUT + GPR_RFLAGS]
        mov     [rax + CALL_OUT + GPR_RSP], rsp
        mov     rsp, [rax + CALL_STACK]
        push    byte RFLAGS_RESERVED1   ; interrupts off, direction up, nothing pending
        popfq
        POP_REGS CALLEE_SAVED
        ret

; Targets for the other two instructions that reach the host.
op_rdmsr:
        rdmsr
        ret
op_wrmsr:
        wrmsr
        ret
call_end:
