; SPDX-License-Identifier: GPL-2.0-only
; A call from legacy 32-bit mode, with every register known before and after: out of long mode, the
; call, and back.  APM2 (24593 rev. 3.41) 14.6 and 14.7; and one out of 64-bit mode by IRET, to CPL 3
; or to compatibility mode, from which only a trap leads back.

%include "asm-offsets.inc"

extern boot_idt
global call_with_regs32, call32_end, op_wrmsr32, trap32_stubs, idt32_register, enter_by_iret

DECOYS  equ 8

; The vCPU's call to R, through the stack (defs.h, STACK_SIZE).
%macro FIND_CALL32 2                    ; register, stack pointer
        mov     %1, %2
        or      %1, STACK_SIZE - 1
        mov     %1, [%1 - 7]
        mov     %1, [%1 + CPU_CALL32]
%endmacro

section .text
bits 64

; void call_with_regs32(struct call32 *call)
; Makes the call and those that follow it.  Upper halves and R8-R15 go along as they are in the
; first one's in: what 32-bit code can't see, a host may.  EAX, ECX and EDX are needed on the way and
; lose theirs.
call_with_regs32:
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        mov     [rdi + CALL32_STACK], rsp
        lidt    [idt32_register]
        mov     rbx, [rdi + CALL32_IN + GPR_RBX]
        mov     rbp, [rdi + CALL32_IN + GPR_RBP]
        mov     rsi, [rdi + CALL32_IN + GPR_RSI]
        mov     r8,  [rdi + CALL32_IN + GPR_R8]
        mov     r9,  [rdi + CALL32_IN + GPR_R9]
        mov     r10, [rdi + CALL32_IN + GPR_R10]
        mov     r11, [rdi + CALL32_IN + GPR_R11]
        mov     r12, [rdi + CALL32_IN + GPR_R12]
        mov     r13, [rdi + CALL32_IN + GPR_R13]
        mov     r14, [rdi + CALL32_IN + GPR_R14]
        mov     r15, [rdi + CALL32_IN + GPR_R15]
        mov     rdi, [rdi + CALL32_IN + GPR_RDI]
        push    qword SEL_CODE32
        push    qword .compatibility
        retfq

bits 32
; State: compatibility mode.
.compatibility:
        mov     eax, cr0
        and     eax, ~CR0_PG
        mov     cr0, eax
        ; State: legacy mode, no paging; LMA is clear.
        FIND_CALL32 eax, esp
        mov     eax, [eax + CALL32_EFER]
        xor     edx, edx
        mov     ecx, MSR_EFER
        wrmsr
        FIND_CALL32 eax, esp

; EAX: the call.  State: legacy mode, no paging; all that the call gets is loaded but EAX, ECX, EDX.
.call:
        mov     ecx, [eax + CALL32_CR4]
        mov     cr4, ecx
        mov     ecx, [eax + CALL32_CR3]
        mov     cr3, ecx
        mov     ecx, [eax + CALL32_CR0]
        mov     cr0, ecx
        ; State: legacy mode, paging as the call wants it; our code and stack are where they were.
        mov     ecx, SEL_DATA_B
        mov     ds, ecx
        mov     ecx, SEL_DATA_C
        mov     es, ecx
        mov     ecx, SEL_DATA_D
        mov     fs, ecx
        mov     ecx, SEL_DATA_B
        mov     gs, ecx
%rep DECOYS
        push    dword .back             ; as in call_with_regs()
%endrep
        lea     ecx, [esp + 4]
        mov     [eax + CALL32_IN + GPR_RSP], ecx
        push    dword [eax + CALL32_TARGET]
        push    dword [eax + CALL32_IN + GPR_RFLAGS]
        mov     ecx, [eax + CALL32_IN + GPR_RCX]
        mov     edx, [eax + CALL32_IN + GPR_RDX]
        mov     eax, [eax + CALL32_IN + GPR_RAX]
        popfd
        ret

.back:
        pushfd
        push    eax
        FIND_CALL32 eax, esp
        pop     dword [eax + CALL32_OUT + GPR_RAX]
        pop     dword [eax + CALL32_OUT + GPR_RFLAGS]
        mov     [eax + CALL32_OUT + GPR_RSP], esp

; EAX: the call.  Saves what .back and trap32 save alike, and goes on to the next call or back to
; long mode.
leave32:
        mov     [eax + CALL32_OUT + GPR_RCX], ecx
        mov     [eax + CALL32_OUT + GPR_RDX], edx
        mov     [eax + CALL32_OUT + GPR_RBX], ebx
        mov     [eax + CALL32_OUT + GPR_RBP], ebp
        mov     [eax + CALL32_OUT + GPR_RSI], esi
        mov     [eax + CALL32_OUT + GPR_RDI], edi
        mov     [eax + CALL32_SEGMENTS], cs
        mov     [eax + CALL32_SEGMENTS + 2], ss
        mov     [eax + CALL32_SEGMENTS + 4], ds
        mov     [eax + CALL32_SEGMENTS + 6], es
        mov     [eax + CALL32_SEGMENTS + 8], fs
        mov     [eax + CALL32_SEGMENTS + 10], gs
        mov     ecx, cr0
        mov     [eax + CALL32_OUT_CR0], ecx
        mov     ecx, cr3
        mov     [eax + CALL32_OUT_CR3], ecx
        mov     ecx, cr4
        mov     [eax + CALL32_OUT_CR4], ecx
        cld

        mov     ecx, SEL_DATA
        mov     ds, ecx
        mov     es, ecx
        mov     ss, ecx
        mov     ecx, cr0
        and     ecx, ~CR0_PG
        mov     cr0, ecx
        mov     esp, [eax + CALL32_STACK]
        mov     ecx, [eax + CALL32_NEXT]
        test    ecx, ecx
        jnz     .next
        mov     ecx, [eax + CALL32_LONG_CR4]
        mov     cr4, ecx
        mov     ecx, [eax + CALL32_LONG_CR3]
        mov     cr3, ecx
        mov     eax, [eax + CALL32_EFER]
        or      eax, EFER_LME
        xor     edx, edx
        mov     ecx, MSR_EFER
        wrmsr
        FIND_CALL32 eax, esp
        mov     ecx, [eax + CALL32_LONG_CR0]
        mov     cr0, ecx
        jmp     SEL_CODE64:.long_mode

.next:
        mov     eax, esp
        or      eax, STACK_SIZE - 1
        mov     eax, [eax - 7]
        mov     [eax + CPU_CALL32], ecx
        mov     eax, ecx
        mov     [eax + CALL32_STACK], esp
        mov     ebx, [eax + CALL32_IN + GPR_RBX]
        mov     ebp, [eax + CALL32_IN + GPR_RBP]
        mov     esi, [eax + CALL32_IN + GPR_RSI]
        mov     edi, [eax + CALL32_IN + GPR_RDI]
        jmp     call_with_regs32.call

bits 64
.long_mode:
        lidt    [idt64_register]
        push    byte RFLAGS_RESERVED1
        popfq
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        ret

bits 32
; What RDMSR and WRMSR are to call_with_regs().
op_wrmsr32:
        wrmsr
        ret

; Traps of legacy mode: eight bytes a stub, as in traps.asm, for the exceptions alone.
align 8
trap32_stubs:
%assign vector 0
%rep 32
  %if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
        db      0x66, 0x90
  %else
        push    byte 0
  %endif
        call    trap32
        align   8
%assign vector vector + 1
%endrep

; Stack: return address into the stubs, error code, EIP, CS, EFLAGS.
trap32:
        push    eax
        FIND_CALL32 eax, esp
        pop     dword [eax + CALL32_OUT + GPR_RAX]
        pop     dword [eax + CALL32_FAULT_STUB]
        pop     dword [eax + CALL32_FAULT_ERROR]
        pop     dword [eax + CALL32_FAULT_EIP]
        add     esp, 4
        pop     dword [eax + CALL32_OUT + GPR_RFLAGS]
        mov     [eax + CALL32_OUT + GPR_RSP], esp
        mov     dword [eax + CALL32_FAULTED], 1
        jmp     leave32
call32_end:

bits 64
; void enter_by_iret(const struct iret_call *call)
; Goes to call->rip with call->cs, ss, rsp and the registers of call->regs.  Never returns by itself:
; it is for guard_run(), with code that ends in a trap.
enter_by_iret:
        push    qword [rdi + IRET_SS]
        push    qword [rdi + IRET_REGS + GPR_RSP]
        push    qword [rdi + IRET_REGS + GPR_RFLAGS]
        push    qword [rdi + IRET_CS]
        push    qword [rdi + IRET_RIP]
        mov     rax, [rdi + IRET_REGS + GPR_RAX]
        mov     rcx, [rdi + IRET_REGS + GPR_RCX]
        mov     rdx, [rdi + IRET_REGS + GPR_RDX]
        mov     rbx, [rdi + IRET_REGS + GPR_RBX]
        mov     rbp, [rdi + IRET_REGS + GPR_RBP]
        mov     rsi, [rdi + IRET_REGS + GPR_RSI]
        mov     r8,  [rdi + IRET_REGS + GPR_R8]
        mov     r9,  [rdi + IRET_REGS + GPR_R9]
        mov     rdi, [rdi + IRET_REGS + GPR_RDI]
        iretq

section .rodata
idt64_register:
        dw      VECTORS * 16 - 1
        dq      boot_idt

section .data
; A pointer to the 32 gates that call32.c fills.
idt32_register:
        dw      32 * 8 - 1
        dq      0
