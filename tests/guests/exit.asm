; SPDX-License-Identifier: GPL-2.0-only
; The smallest multiboot kernel: its first instructions end the machine with the code for PASS.  The
; time that this takes is the lower limit of every benchmark.

MULTIBOOT_HEADER_MAGIC  equ 0x1badb002
MULTIBOOT_ADDRESSES     equ 1 << 16
DEBUG_EXIT              equ 0xf4
EXIT_PASS               equ 0x10

extern image_start, load_end, image_end
global multiboot_header, _start

section .multiboot progbits alloc noexec nowrite align=4
multiboot_header:
        dd MULTIBOOT_HEADER_MAGIC
        dd MULTIBOOT_ADDRESSES
        dd -(MULTIBOOT_HEADER_MAGIC + MULTIBOOT_ADDRESSES)
        dd multiboot_header
        dd image_start
        dd load_end
        dd image_end
        dd _start

section .text
bits 32
_start:
        mov     al, EXIT_PASS
        out     DEBUG_EXIT, al
.stop:
        cli
        hlt
        jmp     .stop
