; SPDX-License-Identifier: GPL-2.0-only
; From the boot loader to main(): multiboot 1 header, 32-bit entry, long mode.
;
; Multiboot Specification 0.6.96, section 3: at the entry EAX holds the loader's
; magic, EBX the physical address of its information; protected mode, flat
; segments, paging off, interrupts off; no stack, no usable GDT.

%include "asm-offsets.inc"

MULTIBOOT_HEADER_MAGIC  equ 0x1badb002
MULTIBOOT_LOADER_MAGIC  equ 0x2badb002
MULTIBOOT_PAGE_ALIGN    equ 1 << 0      ; modules on page boundaries
MULTIBOOT_MEMORY_INFO   equ 1 << 1      ; a memory map, please
MULTIBOOT_ADDRESSES     equ 1 << 16     ; load by the addresses below: this is an ELF64
MULTIBOOT_FLAGS equ MULTIBOOT_PAGE_ALIGN | MULTIBOOT_MEMORY_INFO | MULTIBOOT_ADDRESSES

CPUID_EXT_NX    equ 1 << 20             ; 8000_0001h EDX
CPUID_EXT_LM    equ 1 << 29

extern image_start, text_end, rodata_end, load_end, image_end
extern image_pt, boot_pd_second
extern main, boot_fail

global multiboot_header, _start, enter_long_mode
global boot_info, boot_pdpt, boot_pd, boot_pt, boot_nx
global boot_gdt, boot_gdt_register, boot_stacks, boot_cpu

section .multiboot progbits alloc noexec nowrite align=4
multiboot_header:
        dd MULTIBOOT_HEADER_MAGIC
        dd MULTIBOOT_FLAGS
        dd -(MULTIBOOT_HEADER_MAGIC + MULTIBOOT_FLAGS)
        dd multiboot_header
        dd image_start
        dd load_end
        dd image_end
        dd _start

section .text
bits 32

; State: as the loader left it.  EAX and EBX are its words to us.
_start:
        cli
        cld
        mov     esp, boot_stacks + STACK_SIZE - 16
        mov     [boot_info + BOOT_MAGIC], eax
        cmp     eax, MULTIBOOT_LOADER_MAGIC
        mov     esi, error_loader
        jne     boot_fail
        call    copy_information
        call    require_long_mode
        call    map_image
        mov     edi, start_boot_cpu
        jmp     enter_long_mode

; Copies what the loader says to boot_info, before paging hides where it lies and before
; anybody uses the memory where it lies.  Each copy is cut at its buffer's end.  The memory map may be of any
; length: lib/multiboot.c reads it where it lies, and keeps that memory from being used.
copy_information:
        mov     esi, ebx
        mov     edi, boot_info + BOOT_MBI
        mov     ecx, BOOT_MBI_SIZE
        rep movsb

        test    dword [boot_info + BOOT_MBI + MBI_FLAGS], MBI_FLAG_CMDLINE
        jz      .modules
        mov     esi, [boot_info + BOOT_MBI + MBI_CMDLINE]
        mov     edi, boot_info + BOOT_CMDLINE
        call    copy_string
.modules:
        test    dword [boot_info + BOOT_MBI + MBI_FLAGS], MBI_FLAG_MODS
        jz      copy_string.done
        cmp     dword [boot_info + BOOT_MBI + MBI_MODS_COUNT], 0
        je      copy_string.done
        mov     esi, [boot_info + BOOT_MBI + MBI_MODS_ADDR]
        mov     edi, boot_info + BOOT_MODULE
        mov     ecx, BOOT_MODULE_SIZE
        rep movsb
        mov     esi, [boot_info + BOOT_MODULE + MODULE_STRING]
        mov     edi, boot_info + BOOT_MODULE_LINE
        ; falls through

; Copies the string at ESI, if that is not 0, to the line at EDI.  One that is too long leaves no
; terminating 0, which the C side takes for what it is.
copy_string:
        mov     ecx, BOOT_LINE_SIZE
        test    esi, esi
        jz      .done
.next:
        lodsb
        stosb
        test    al, al
        loopnz  .next
.done:
        ret

; Goes on with boot_nx set, or says what this CPU lacks.
require_long_mode:
        mov     eax, 0x80000000
        cpuid
        cmp     eax, 0x80000001
        mov     esi, error_long_mode
        jb      boot_fail
        mov     eax, 0x80000001
        cpuid
        test    edx, CPUID_EXT_LM
        jz      boot_fail
        test    edx, CPUID_EXT_NX
        jz      .done
        mov     dword [boot_nx + 4], 1 << 31
.done:
        ret

; Page tables for the image alone, at its physical addresses, each section with its rights.  Whether
; CPL 3 may use a page is left to the last level.
map_image:
        mov     dword [boot_pml4], boot_pdpt + PTE_P + PTE_W + PTE_U
        mov     dword [boot_pdpt], boot_pd + PTE_P + PTE_W + PTE_U
        mov     dword [boot_pd], boot_pt + PTE_P + PTE_W
        mov     dword [boot_pd_second], boot_pt + PAGE_SIZE + PTE_P + PTE_W + PTE_U

        mov     edi, image_start
        mov     eax, text_end
        mov     ebx, PTE_P
        xor     edx, edx
        call    map_range
        mov     edx, [boot_nx + 4]
        mov     eax, rodata_end
        call    map_range
        mov     eax, image_end
        mov     ebx, PTE_P + PTE_W
        ; falls through

; Maps the pages from EDI to EAX with the entry bits EDX:EBX; leaves EDI at the end.
map_range:
        cmp     edi, eax
        jae     .done
        mov     ecx, edi
        shr     ecx, 12
        mov     esi, edi
        or      esi, ebx
        mov     [image_pt + ecx * 8], esi
        mov     [image_pt + ecx * 8 + 4], edx
        add     edi, PAGE_SIZE
        jmp     map_range
.done:
        ret

; State: tables ready; EDI: where to go on in long mode; EBX is kept.  APM2 14.6: PAE, LME, CR3, then paging, then a 64-bit code segment.
; CR4 gets bits that every CPU with long mode has; the oldest hosts know no others.
enter_long_mode:
        mov     eax, CR4_PAE + CR4_OSFXSR + CR4_OSXMMEXCPT
        mov     cr4, eax
        mov     eax, boot_pml4
        mov     cr3, eax

        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_LME
        cmp     dword [boot_nx + 4], 0
        je      .no_nx
        or      eax, EFER_NXE
.no_nx:
        wrmsr

        ; Nothing of the loader's CR0 stays: caches on, x87 and SSE usable, read-only means it.
        mov     eax, CR0_PE + CR0_MP + CR0_ET + CR0_NE + CR0_WP + CR0_PG
        mov     cr0, eax

        ; State: compatibility mode, in the loader's code segment.
        lgdt    [boot_gdt_register]
        jmp     SEL_CODE64:long_mode

bits 64
; State: 64-bit mode, image mapped, no IDT yet.
long_mode:
        mov     eax, SEL_DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        xor     eax, eax
        mov     fs, eax
        mov     gs, eax
        lldt    ax
        mov     edi, edi                ; the upper halves are undefined behind a mode switch
        mov     ebx, ebx
        jmp     rdi

start_boot_cpu:
        ; Each stack's topmost word points to the vCPU that it belongs to.
        mov     eax, boot_cpu
%assign n 1
%rep STACK_COUNT
        mov     [boot_stacks + n * STACK_SIZE - 8], rax
%assign n n + 1
%endrep
        mov     rsp, boot_stacks + STACK_SIZE - 16
        xor     ebp, ebp
        call    main
.stop:
        cli
        hlt
        jmp     .stop

section .rodata
error_loader:    db "not loaded by multiboot 1: wanted 0x2badb002 in EAX", 0
error_long_mode: db "this CPU has no long mode", 0

section .data
; Not constant: the CPU sets accessed and busy bits.  Flat, present, DPL 0; APM2 4.8.
align 8
boot_gdt:
        dq 0
        dq 0x00af9b000000ffff           ; SEL_CODE64
        dq 0x00cf93000000ffff           ; SEL_DATA
        dq 0x00cf93000000ffff           ; SEL_DATA_B
        dq 0x00cf93000000ffff           ; SEL_DATA_C
        dq 0x00cf93000000ffff           ; SEL_DATA_D
        dq 0x00cf9b000000ffff           ; SEL_CODE32
        dq 0x00affb000000ffff           ; SEL_USER_CODE64: DPL 3
        dq 0x00cff3000000ffff           ; SEL_USER_DATA
        dq 0x0000820000000007, 0        ; SEL_LDT: an empty one at 0
        dq 0, 0                         ; SEL_TSS: each CPU fills it in its own copy
boot_gdt_register:
        dw $ - boot_gdt - 1
        dq boot_gdt

section .bss
alignb STACK_SIZE
boot_stacks:    resb STACK_COUNT * STACK_SIZE
boot_pml4:      resb PAGE_SIZE
boot_pdpt:      resb PAGE_SIZE
boot_pd:        resb PAGE_SIZE
boot_pt:        resb 2 * PAGE_SIZE
boot_nx:        resq 1
boot_info:      resb BOOT_INFO_SIZE
alignb 16
boot_cpu:       resb CPU_SIZE
