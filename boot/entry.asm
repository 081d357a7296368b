; SPDX-License-Identifier: GPL-2.0-only
; From the boot loader to main(): headers, 32-bit entries, page tables, long mode.
;
; Multiboot 1 (Multiboot Specification 0.6.96, section 3): at the entry EAX holds the loader's magic
; number, EBX the physical address of its information; protected mode, flat segments, paging off,
; interrupts off; no stack, no usable GDT.
; Multiboot 2 (Multiboot2 Specification 2.0, section 3.3): the same, with another number.
; PVH (Xen's docs/misc/pvh.pandoc): the same, but EAX is undefined.
; Linux's 64-bit entry (Documentation/arch/x86/boot.rst of the Linux sources): RSI holds the
; physical address of boot_params; 64-bit mode, the image and what the loader tells mapped at their
; physical addresses, interrupts off.  ELF's own entry is this one; the others have theirs in
; headers.

%include "asm-offsets.inc"

MULTIBOOT_HEADER_MAGIC  equ 0x1badb002
MULTIBOOT_PAGE_ALIGN    equ 1 << 0      ; modules on page boundaries
MULTIBOOT_MEMORY_INFO   equ 1 << 1      ; a memory map is wanted
MULTIBOOT_ADDRESSES     equ 1 << 16     ; the header has the addresses: loaders cannot read ELF64
MULTIBOOT_FLAGS equ MULTIBOOT_PAGE_ALIGN | MULTIBOOT_MEMORY_INFO | MULTIBOOT_ADDRESSES

MULTIBOOT2_HEADER_MAGIC equ 0xe85250d6
MULTIBOOT2_I386         equ 0           ; 32-bit protected mode
MULTIBOOT2_TAG_END      equ 0
MULTIBOOT2_TAG_ENTRY    equ 3

ELFNOTE_PHYS32_ENTRY    equ 18

CPUID_EXT_NX    equ 1 << 20             ; 8000_0001h EDX
CPUID_EXT_LM    equ 1 << 29

extern image_start, text_end, rodata_end, load_end, image_end
extern image_pt, boot_pd_second
extern main, boot_fail

global multiboot_header, _start, linux_start, enter_long_mode
global boot_info, boot_pdpt, boot_pd, boot_pd_device, boot_pt, boot_nx
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

; GRUB loads the ELF segments.  The entry needs a tag: the one that ELF names is 64-bit code.  No
; header asks for a framebuffer: so on a BIOS GRUB sets the text mode, and on UEFI it gives one all
; the same (after a warning that there will be no console).
section .multiboot2 progbits alloc noexec nowrite align=8
multiboot2_header:
        dd MULTIBOOT2_HEADER_MAGIC
        dd MULTIBOOT2_I386
        dd MULTIBOOT2_HEADER_SIZE
        dd -(MULTIBOOT2_HEADER_MAGIC + MULTIBOOT2_I386 + MULTIBOOT2_HEADER_SIZE)
        dw MULTIBOOT2_TAG_ENTRY, 0
        dd 12
        dd _start, 0
        dw MULTIBOOT2_TAG_END, 0
        dd 8
MULTIBOOT2_HEADER_SIZE  equ $ - multiboot2_header

; Xen's public/elfnote.h: in PVH the entry is what this note says.  64 bits, as Linux has it: QEMU
; reads so many.
section .note.pvh note alloc noexec nowrite align=4
        dd NOTE_NAME_SIZE, 8, ELFNOTE_PHYS32_ENTRY
note_name:
        db "Xen", 0
NOTE_NAME_SIZE  equ $ - note_name
        dd pvh_start, 0

section .text
bits 32

; State: as the loader left it; EAX and EBX are its values.
pvh_start:
        mov     eax, PVH_MAGIC
        ; falls through
_start:
        cli
        cld
        mov     esp, boot_stacks + STACK_SIZE - 16
        mov     [boot_info + BOOT_PROTOCOL], eax
        mov     [boot_info + BOOT_AT], ebx
.told:
        call    require_long_mode
        call    map_image
        mov     edi, start_boot_cpu
        jmp     enter_long_mode

bits 64
; State: 64-bit mode; RSI is the loader's.  GDT, page tables and stack are the loader's, too, in
; memory that the map calls available, so nothing of them is used.  Leaves long mode (APM2 14.7),
; for map_image and what follows are 32-bit code.
; Or 32-bit code: a loader of multiboot 1 that prefers ELF's addresses to the header's (isolinux's
; mboot.c32) enters here, too.  There 0x42 is INC EDX, here it is a prefix without effect on NOP.
linux_start:
        xor     edx, edx
        db      0x42
        nop
        jnz     _start
        cld
        mov     dword [boot_info + BOOT_PROTOCOL], LINUX_MAGIC
        mov     [boot_info + BOOT_AT], rsi
        lgdt    [boot_gdt_register]
        mov     eax, SEL_DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     esp, boot_stacks + STACK_SIZE - 16
        push    byte SEL_CODE32
        push    .compatibility
        retfq

bits 32
; State: compatibility mode.  Paging cannot be turned off while CR4 has PCIDE.
.compatibility:
        mov     eax, cr4
        and     eax, ~CR4_PCIDE
        mov     cr4, eax
        mov     eax, CR0_PE + CR0_ET
        mov     cr0, eax
        jmp     _start.told

; Sets boot_nx if this CPU has NX; ends the run if it has no long mode.
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

; Makes page tables that map the image, and nothing else, at its physical addresses, each section
; with its rights.  Above 2 MiB the last level decides what CPL 3 may use, below it may use nothing.
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

; Enters long mode and jumps to EDI; EBX is kept.  APM2 14.6: PAE, LME, CR3, then paging, then a
; 64-bit code segment.  CR4 gets only bits that every CPU with long mode has: the oldest hosts know
; no others.  State: protected mode, page tables ready.
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

        ; Whatever the loader's CR0 was: caches on, x87 and SSE usable, read-only pages read-only.
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
        mov     edi, edi                ; the upper halves are undefined after a mode switch
        mov     ebx, ebx
        jmp     rdi

start_boot_cpu:
        ; The highest word of each stack points to the stack's vCPU.
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
error_long_mode: db "this CPU has no long mode", 0

; Flat, present, DPL 0; APM2 4.8.  Accessed, so that no CPU writes there (SDM volume 3, 325384-083,
; 3.4.5.1: a table in ROM).
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
        dq 0, 0                         ; SEL_TSS: each CPU sets its own
boot_gdt_register:
        dw $ - boot_gdt - 1
        dq boot_gdt

section .bss
alignb STACK_SIZE
boot_stacks:    resb STACK_COUNT * STACK_SIZE
boot_pml4:      resb PAGE_SIZE
boot_pdpt:      resb PAGE_SIZE
boot_pd:        resb PAGE_SIZE
boot_pd_device: resb PAGE_SIZE
boot_pt:        resb 2 * PAGE_SIZE
boot_nx:        resq 1
alignb 8
boot_info:      resb BOOT_INFO_SIZE
alignb 16
boot_cpu:       resb CPU_SIZE
