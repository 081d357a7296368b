; SPDX-License-Identifier: GPL-2.0-only
; Takes one interrupt in the host.  No handler runs and nothing returns by IRET: only the number of
; the vector counts, which may be an exception's, for the guest chooses it.

global interrupt_take, interrupt_stubs
extern interrupt_idtr

STUB_SIZE       equ 8                   ; interrupt.h
PUSH_BYTE       equ 0x6a

section .text
bits 64

; int interrupt_take(void): the vector; -1: none was pending
interrupt_take:
        push    rbx
        mov     rbx, rsp
        sub     rsp, 16
        sidt    [rsp]
        lidt    [interrupt_idtr]
        mov     eax, -1
        sti
        nop                             ; STI holds interrupts back for one instruction
        nop
        cli
.end:   lidt    [rbx - 16]
        mov     rsp, rbx
        pop     rbx
        ret

.taken: ; the CPU has cleared IF
        movzx   eax, byte [rsp]
        jmp     .end

align 16
interrupt_stubs:
%assign vector 0
%rep 256
        db      PUSH_BYTE, vector
        jmp     near interrupt_take.taken
        align   STUB_SIZE
%assign vector vector + 1
%endrep
