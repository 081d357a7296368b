; SPDX-License-Identifier: GPL-2.0-only
; Trap stubs for all vectors, the IDT that leads to them, and the guard: the way back out of a
; function that does not return.

%include "asm-offsets.inc"
%include "boot/regs.inc"

extern trap_handle, trap_stubs_high
global trap_stubs, boot_idt, guard_run, guard_resume

STUB_SIZE       equ 8
GATE_INTERRUPT  equ 0x8e                ; present, DPL 0, 64-bit interrupt gate: APM2 4.8.4

section .rodata
; Constant, and so read-only: linker.ld puts the stubs at TRAP_STUBS from the image's start, which
; is a multiple of 64 KiB.  Traps have stacks of their own, because a host may have changed RSP.
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

; The section has all code of this file, not only the stubs: if an object has code in two sections,
; NASM's debug information is wrong, and gdb finds no line of it and complains at each step of a
; backtrace.
section .stubs progbits alloc exec nowrite align=8
bits 64

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

; From the highest address of struct trap_frame down.
%define FRAME_REGS R15, R14, R13, R12, R11, R10, R9, R8, RDI, RSI, RBP, RBX, RDX, RCX, RAX

; Stack: return address into the stubs, error code, and the CPU's own frame: struct trap_frame.
trap_common:
        PUSH_REGS FRAME_REGS
        mov     rax, [rsp + FRAME_VECTOR]
        sub     rax, trap_stubs
        shr     eax, 3
        mov     [rsp + FRAME_VECTOR], rax
        cld
        mov     rdi, rsp
        call    trap_handle
        POP_REGS FRAME_REGS
        add     rsp, 16                 ; vector, error code
        iretq

; bool guard_run(struct guard *guard, void (*fn)(void *), void *arg)
; The guard has all that the way back needs: the stack may be overwritten.
guard_run:
        SAVE_REGS rdi + GUARD_, CALLEE_SAVED
        mov     rax, [rsp]
        mov     [rdi + GUARD_RIP], rax
        lea     rax, [rsp + 8]
        mov     [rdi + GUARD_RSP], rax
        mov     rdi, rdx
        call    rsi                     ; with nothing else on the stack: gdb finds the caller there
        mov     eax, 1
        ret

; void guard_resume(const struct guard *guard): guard_run() returns false.
guard_resume:
        LOAD_REGS rdi + GUARD_, CALLEE_SAVED
        mov     rsp, [rdi + GUARD_RSP]
        push    byte RFLAGS_RESERVED1   ; any flag may be set here
        popfq
        xor     eax, eax
        jmp     [rdi + GUARD_RIP]
