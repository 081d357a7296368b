; SPDX-License-Identifier: GPL-2.0-only
; From a start-up IPI to smp_main(), for every processor but the first.
;
; SDM volume 3 (325384-083) 9.4.4, APM2 (24593 rev. 3.41) 14.1.3: at the entry real mode, CS is the
; IPI's vector times 0x100, IP is 0; no stack; interrupts off.

%include "asm-offsets.inc"

extern enter_long_mode, boot_gdt, boot_gdt_register
extern smp_main
global smp_trampoline, smp_trampoline_end, smp_blocks, smp_limit, smp_ticket

section .rodata
bits 16
; Copied to a page below 1 MiB: the only code that does not run where it was linked.
smp_trampoline:
        cli
        mov     ax, cs
        mov     ds, ax
        o32 lgdt [.gdt_register - smp_trampoline]
        mov     eax, cr0
        or      al, CR0_PE
        mov     cr0, eax
        jmp     dword SEL_CODE32:enter32
.gdt_register:
        dw      SEL_TSS - 1             ; without the TSS, of which each CPU has its own
        dd      boot_gdt
smp_trampoline_end:

section .text
bits 32
; State: protected mode, no paging.  Each processor takes a number, and with it a block of memory.
; If there are not enough blocks, it halts.
enter32:
        mov     eax, SEL_DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     ebx, 1
        lock xadd [smp_ticket], ebx
        cmp     ebx, [smp_limit]
        jae     .sleep
        imul    ebx, ebx, SMP_BLOCK
        add     ebx, [smp_blocks]
        mov     edi, start_cpu
        jmp     enter_long_mode
.sleep:
        cli
        hlt
        jmp     .sleep

bits 64
; State: 64-bit mode.  RBX: the block, which has the stacks at its start (x86/smp.h).
start_cpu:
        lea     rsp, [rbx + STACK_SIZE - 16]
        xor     ebp, ebp
        mov     rdi, [rsp + 8]          ; the stack's vCPU
        call    smp_main                ; does not come back

section .bss
alignb 8
smp_blocks:     resd 1                  ; their address
smp_limit:      resd 1                  ; how many there are
smp_ticket:     resd 1                  ; the number of the next
