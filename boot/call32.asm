; SPDX-License-Identifier: GPL-2.0-only
; Calls from legacy 32-bit mode, with every register known before and after: leave long mode, call,
; and return to long mode, APM2 (24593 rev. 3.41) 14.6 and 14.7.  And an IRET to CPL 3 or to
; compatibility mode, from where only a trap leads back.

%include "asm-offsets.inc"
%include "boot/regs.inc"

extern boot_idt, idt32_register
global call_with_regs32, call32_end, op_rdmsr32, op_wrmsr32, trap32_stubs
global call32_jump, enter_by_iret

DECOYS  equ 8

; Loads the address of this vCPU's struct call32, found through the stack (x86/defs.h, STACK_SIZE).
%macro FIND_CALL32 2                    ; register, stack pointer
        mov     %1, %2
        or      %1, STACK_SIZE - 1
        mov     %1, [%1 - 7]
        mov     %1, [%1 + CPU_CALL32]
%endmacro

; Reads and writes memory by a segment register: its selector shows neither base nor limit nor
; rights.  EBX: the call.  Changes ECX.  A trap in here leads to leave32 again.
%macro USE_SEGMENT 2                    ; register, its number in "through"
        mov     ecx, [%1:ebx + CALL32_TARGET]
        mov     [%1:ebx + CALL32_TARGET], ecx
        mov     [ebx + CALL32_THROUGH + 4 * %2], ecx
%endmacro

section .text
bits 64

; void call_with_regs32(struct call32 *call)
; Makes the call and the calls linked to it.  The upper halves of registers, and R8-R15, have the
; values of the first call's "in": 32-bit code cannot see them, but a host can.  RAX, RCX and RDX
; are needed on the way to legacy mode: their upper halves are lost.
call_with_regs32:
        PUSH_REGS CALLEE_SAVED
        mov     [rdi + CALL32_STACK], rsp
        lidt    [idt32_register]
        LOAD_REGS rdi + CALL32_IN + GPR_, MOST_GPRS, RSI, RDI
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

; EAX: the call.  State: legacy mode, no paging; EBX, ESI, EDI and EBP have the call's values.
.call:
        mov     ecx, [eax + CALL32_CR4]
        mov     cr4, ecx
        mov     ecx, [eax + CALL32_CR3]
        mov     cr3, ecx
        mov     ecx, [eax + CALL32_CR0]
        mov     cr0, ecx
        ; State: legacy mode, paging as the call wants it; code and stack have the same addresses.
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
.jump:
        ret
call32_jump equ call_with_regs32.jump   ; for the watchdog

.back:
        pushfd
        cli
        push    eax
        FIND_CALL32 eax, esp
        pop     dword [eax + CALL32_OUT + GPR_RAX]
        pop     dword [eax + CALL32_OUT + GPR_RFLAGS]
        mov     [eax + CALL32_OUT + GPR_RSP], esp

; EAX: the call.  Saves the registers that .back and trap32 have not saved, then makes the next call
; or returns to long mode.
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
        sidt    [eax + CALL32_OUT_IDTR]
        mov     ebx, eax
        mov     ecx, MSR_FS_BASE
        rdmsr
        mov     [ebx + CALL32_OUT_FS_BASE], eax
        mov     ecx, MSR_GS_BASE
        rdmsr
        mov     [ebx + CALL32_OUT_GS_BASE], eax
        cmp     dword [ebx + CALL32_FAULTED], 2
        jae     .used                   ; one of them has trapped
        USE_SEGMENT ss, 0
        USE_SEGMENT es, 1
        or      eax, [ebx + CALL32_OUT_FS_BASE]
        jnz     .used                   ; it leads anywhere
        USE_SEGMENT fs, 2
        USE_SEGMENT gs, 3
.used:
        mov     eax, ebx
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
        mov     ebx, eax
        mov     ecx, MSR_EFER
        rdmsr
        mov     [ebx + CALL32_OUT_EFER], eax
        mov     eax, [ebx + CALL32_EFER]
        or      eax, EFER_LME
        xor     edx, edx
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
        POP_REGS CALLEE_SAVED
        ret

bits 32
; Targets, as op_rdmsr and op_wrmsr are in call.asm.
op_rdmsr32:
        rdmsr
        ret
op_wrmsr32:
        wrmsr
        ret

; Traps of legacy mode: eight bytes a stub, as in traps.asm.  An interrupt ends the call, too.
align 8
trap32_stubs:
%assign vector 0
%rep VECTORS
  %if HAS_ERROR(vector)
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
        inc     dword [eax + CALL32_FAULTED]
        jmp     leave32
call32_end:

bits 64
; void enter_by_iret(const struct iret_call *call)
; Jumps to call->rip with call->cs, call->ss and the registers of call->regs.  Does not return: the
; code there has to end in a trap, and guard_run() has to run this.
enter_by_iret:
        push    qword [rdi + IRET_SS]
        push    qword [rdi + IRET_REGS + GPR_RSP]
        push    qword [rdi + IRET_REGS + GPR_RFLAGS]
        push    qword [rdi + IRET_CS]
        push    qword [rdi + IRET_RIP]
        LOAD_REGS rdi + IRET_REGS + GPR_, RAX, MOST_GPRS, RSI, RDI
        iretq

section .rodata
idt64_register:
        dw      VECTORS * 16 - 1
        dq      boot_idt
