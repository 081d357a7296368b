; SPDX-License-Identifier: GPL-2.0-only
; A boot loader for the tests, between the real one and an image.  It leaves the machine, and what
; the image is told about it, as other firmware and loaders do.  The image is the file that is
; appended:
;
;   cat shim.elf host.elf >shimmed.elf
;
; The word shim=LETTERS on the command line, which the image does not see, says what to do:
;
;   o  turn off the boot processor's local APIC
;   x  turn it to x2APIC mode
;   h  add 1500 entries at the start of the memory map
;   r  reserve all from 2 MiB to 1 GiB in the map
;   l  reserve all below 1 MiB
;   m  take away the map
;   n  take away mem_lower and mem_upper, too
;   t  move the first module to the top of memory
;   z  make the size of the map's second entry 0
;   u  move the first module to 1 GiB, if there is memory
;   f  tell of a framebuffer of 802 by 600 pixels, 32 bits each, above 4 GiB
;   g  likewise, with pixels of 24 bits
;   i  likewise, over the image at 1 MiB

MULTIBOOT_HEADER_MAGIC  equ 0x1badb002
MULTIBOOT_LOADER_MAGIC  equ 0x2badb002
MULTIBOOT_FLAGS         equ 1 << 16 | 3
KEEP_FREE               equ 0x400000    ; modules go above
WORKER                  equ 0x60000     ; this code runs here: the image replaces it
INFO                    equ 0x6f000     ; larger information
MAP                     equ 0x70000     ; a larger map
MORE_ENTRIES            equ 1500
ENTRY_SIZE              equ 24

MSR_APIC_BASE           equ 0x1b

; Offsets in the multiboot header and in the information.
HEADER_ADDR             equ 12
LOAD_ADDR               equ 16
LOAD_END_ADDR           equ 20
BSS_END_ADDR            equ 24
ENTRY_ADDR              equ 28
FLAGS                   equ 0
MEM_UPPER               equ 8
CMDLINE                 equ 16
MODS_ADDR               equ 24
MMAP_LENGTH             equ 44
MMAP_ADDR               equ 48
FRAMEBUFFER             equ 88

extern image_start
global multiboot_header, _start

section .multiboot progbits alloc noexec nowrite align=4
multiboot_header:
        dd MULTIBOOT_HEADER_MAGIC
        dd MULTIBOOT_FLAGS
        dd -(MULTIBOOT_HEADER_MAGIC + MULTIBOOT_FLAGS)
        dd multiboot_header
        dd image_start
        dd 0                            ; the whole file
        dd KEEP_FREE
        dd _start

section .text
bits 32
_start:
        cli
        cld
        mov     esi, worker
        mov     edi, WORKER
        mov     ecx, worker_end - worker
        rep movsb
        mov     eax, WORKER
        jmp     eax

; From here on no address is absolute.  EBX is always the information's address.
worker:
        mov     esp, WORKER
        mov     esi, [ebx + CMDLINE]
.find_word:
        mov     al, [esi]
        test    al, al
        jz      load
        inc     esi
        cmp     dword [esi - 1], 'shim'
        jne     .find_word
        cmp     byte [esi + 3], '='
        jne     .find_word
        lea     edi, [esi - 1]
        add     esi, 4
.next_letter:
        movzx   eax, byte [esi]
        cmp     al, ' '
        jbe     .blank
        push    esi
        push    edi
        call    act
        pop     edi
        pop     esi
        inc     esi
        jmp     .next_letter
.blank:
        mov     ecx, esi
        sub     ecx, edi
        mov     al, ' '
        rep stosb

; Finds the image's header, moves the image to its place, and starts it.
load:
        mov     esi, multiboot_header
.find_header:
        add     esi, 4
        mov     eax, [esi]
        cmp     eax, MULTIBOOT_HEADER_MAGIC
        jne     .find_header
        add     eax, [esi + 4]
        add     eax, [esi + 8]
        jnz     .find_header
        mov     edi, [esi + LOAD_ADDR]
        mov     ecx, [esi + LOAD_END_ADDR]
        mov     edx, [esi + BSS_END_ADDR]
        mov     ebp, [esi + ENTRY_ADDR]
        mov     eax, [esi + HEADER_ADDR]
        sub     eax, edi
        sub     esi, eax                ; the image begins so far before its header
        sub     ecx, edi
        rep movsb                       ; downwards
        mov     ecx, edx
        sub     ecx, edi
        xor     eax, eax
        rep stosb
        mov     eax, MULTIBOOT_LOADER_MAGIC
        jmp     ebp

; Does what the letter in AL says.
act:
        cmp     al, 'o'
        je      apic_off
        cmp     al, 'x'
        je      apic_x2
        cmp     al, 'm'
        je      no_map
        cmp     al, 'n'
        je      no_sizes
        cmp     al, 'z'
        je      size_0
        cmp     al, 'h'
        je      long_map
        cmp     al, 'r'
        je      reserve_most
        cmp     al, 'l'
        je      reserve_low
        cmp     al, 't'
        je      module_to_top
        cmp     al, 'u'
        je      module_to_1_gib
        mov     ecx, 32
        cmp     al, 'f'
        je      framebuffer
        cmp     al, 'i'
        je      framebuffer_at_image
        mov     ecx, 24
        cmp     al, 'g'
        je      framebuffer
        ud2                             ; an unknown letter: the machine resets

apic_off:
        mov     ecx, MSR_APIC_BASE
        rdmsr
        and     eax, ~(1 << 11 | 1 << 10)
        wrmsr
        ret
apic_x2:
        mov     ecx, MSR_APIC_BASE
        rdmsr
        or      eax, 1 << 10
        wrmsr
        ret
no_sizes:
        and     dword [ebx + FLAGS], ~1
no_map:
        and     dword [ebx + FLAGS], ~(1 << 6)
        ret
size_0:
        mov     eax, [ebx + MMAP_ADDR]
        mov     dword [eax + ENTRY_SIZE], 0
        ret

; Makes a new map: new entries, then the old ones.
long_map:
        mov     edi, MAP
        mov     ecx, 0x1000
        xor     eax, eax
        mov     ebp, 0x100              ; from 1 TiB on, above all memory
        mov     edx, MORE_ENTRIES
        jmp     new_map
reserve_most:
        mov     edi, MAP + 0xa000
        mov     eax, 0x200000
        mov     ecx, 0x40000000 - 0x200000
        jmp     one_more
reserve_low:
        mov     edi, MAP + 0x14000
        xor     eax, eax
        mov     ecx, 0x100000
one_more:
        xor     ebp, ebp
        mov     edx, 1

; Writes to EDI, EDX times, an entry for ECX bytes from EBP:EAX on; then the old map.
new_map:
        push    edi
.next:
        call    add_entry
        add     eax, 0x2000
        dec     edx
        jnz     .next
        mov     esi, [ebx + MMAP_ADDR]
        mov     ecx, [ebx + MMAP_LENGTH]
        rep movsb
        pop     eax
        mov     [ebx + MMAP_ADDR], eax
        sub     edi, eax
        mov     [ebx + MMAP_LENGTH], edi
        ret

; Writes to EDI, which moves on, an entry for ECX reserved bytes from EBP:EAX on.
add_entry:
        mov     dword [edi], ENTRY_SIZE - 4
        mov     [edi + 4], eax
        mov     [edi + 8], ebp
        mov     [edi + 12], ecx
        mov     dword [edi + 16], 0
        mov     dword [edi + 20], 2
        add     edi, ENTRY_SIZE
        ret

; ECX: bits of a pixel
framebuffer:
        mov     edi, 0x123000           ; not on 2 MiB
        mov     edx, 1
        jmp     framebuffer_at
framebuffer_at_image:
        mov     edi, 0x100000
        xor     edx, edx
framebuffer_at:
        push    ecx
        push    edi
        mov     esi, ebx                ; a copy, for these fields may be missing
        mov     edi, INFO
        mov     ebx, edi
        mov     ecx, FRAMEBUFFER / 4
        rep movsd
        pop     edi
        pop     ecx
        or      dword [ebx + FLAGS], 1 << 12
        mov     [ebx + FRAMEBUFFER], edi
        mov     [ebx + FRAMEBUFFER + 4], edx
        mov     dword [ebx + FRAMEBUFFER + 8], 3211
        mov     dword [ebx + FRAMEBUFFER + 12], 802
        mov     dword [ebx + FRAMEBUFFER + 16], 600
        mov     ch, 1                   ; direct colours
        mov     [ebx + FRAMEBUFFER + 20], cx
        ret

module_to_1_gib:
        mov     edi, 0x40000000
        jmp     module_to
module_to_top:
        mov     edi, [ebx + MEM_UPPER]
        shl     edi, 10
        add     edi, 0x100000
        mov     ebp, [ebx + MODS_ADDR]
        sub     edi, [ebp + 4]
        add     edi, [ebp]
        and     edi, 0xfffff000
module_to:
        mov     ebp, [ebx + MODS_ADDR]
        mov     esi, [ebp]
        mov     ecx, [ebp + 4]
        sub     ecx, esi
        mov     [ebp], edi
        rep movsb
        mov     [ebp + 4], edi
        ret
worker_end:
