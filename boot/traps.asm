; SPDX-License-Identifier: GPL-2.0-only
; Trap stubs for all vectors with the IDT that leads to them, and the guard: a way back
; out of what did not return.

%include "asm-offsets.inc"

extern trap_handle, trap_stubs_high
global trap_stubs, boot_idt, guard_run, guard_resume

STUB_SIZE       equ 8
GATE_INTERRUPT  equ 0x8e                ; present, DPL 0, 64-bit interrupt gate: APM2 4.8.4

section .rodata
; A constant, and so read-only: linker.ld puts the stubs at TRAP_STUBS from the image's start, which is a
; multiple of 64 KiB.  No trap uses the stack that it interrupted, for a host may have clobbered RSP.
align 16
boot_idt:
%assign vector 0
%rep VECTORS
        dw      TRAP_STUBS + vector * STUB_SIZE
        dw      SEL_CODE64
  %if vector == VECTOR_DF
        db      IST_DOUBLE_FAULT
  %else
        db      IST_TRAP
  %endif
        db      GATE_INTERRUPT
        dw      trap_stubs_high
        dd      0, 0
%assign vector vector + 1
%endrep

; All code of this file, not the stubs only: of an object with code in two sections NASM's debug information
; misleads gdb, which then has no line for any of it, and complains at each step of a backtrace.
section .stubs progbits alloc exec nowrite align=8
bits 64

; Vectors whose trap pushes an error code: #DF #TS #NP #SS #GP #PF #AC #CP #VC #SX (APM2 8.2).
%define HAS_ERROR(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || \
                      (v) == 29 || (v) == 30)

; STUB_SIZE bytes each, so that the CALL's return address tells the vector.
trap_stubs:
%assign vector 0
%rep VECTORS
  %if HAS_ERROR(vector)
        db      0x66, 0x90              ; two-byte NOP
  %else
        push    byte 0
  %endif
        call    trap_common
        align   STUB_SIZE
%assign vector vector + 1
%endrep

; Stack: return address into the stubs, error code, and the CPU's own frame: struct trap_frame.
trap_common:
        push    r15
        push    r14
        push    r13
        push    r12
        push    r11
        push    r10
        push    r9
        push    r8
        push    rdi
        push    rsi
        push    rbp
        push    rbx
        push    rdx
        push    rcx
        push    rax
        mov     rax, [rsp + FRAME_VECTOR]
        sub     rax, trap_stubs
        shr     eax, 3
        mov     [rsp + FRAME_VECTOR], rax
        cld
        mov     rdi, rsp
        call    trap_handle
        pop     rax
        pop     rcx
        pop     rdx
        pop     rbx
        pop     rbp
        pop     rsi
        pop     rdi
        pop     r8
        pop     r9
        pop     r10
        pop     r11
        pop     r12
        pop     r13
        pop     r14
        pop     r15
        add     rsp, 16                 ; vector, error code
        iretq

; bool guard_run(struct guard *guard, void (*fn)(void *), void *arg)
; All that the way back needs lies in the guard, none of it on a stack that may be overwritten.
guard_run:
        mov     [rdi + GUARD_RBX], rbx
        mov     [rdi + GUARD_RBP], rbp
        mov     [rdi + GUARD_R12], r12
        mov     [rdi + GUARD_R13], r13
        mov     [rdi + GUARD_R14], r14
        mov     [rdi + GUARD_R15], r15
        mov     rax, [rsp]
        mov     [rdi + GUARD_RIP], rax
        lea     rax, [rsp + 8]
        mov     [rdi + GUARD_RSP], rax
        mov     rdi, rdx
        sub     rsp, 8                  ; the ABI's alignment
        call    rsi
        add     rsp, 8
        mov     eax, 1
        ret

; void guard_resume(const struct guard *guard): guard_run() returns false.
guard_resume:
        mov     rbx, [rdi + GUARD_RBX]
        mov     rbp, [rdi + GUARD_RBP]
        mov     r12, [rdi + GUARD_R12]
        mov     r13, [rdi + GUARD_R13]
        mov     r14, [rdi + GUARD_R14]
        mov     r15, [rdi + GUARD_R15]
        mov     rsp, [rdi + GUARD_RSP]
        push    byte RFLAGS_RESERVED1   ; who comes here may have any flag set
        popfq
        xor     eax, eax
        jmp     [rdi + GUARD_RIP]
