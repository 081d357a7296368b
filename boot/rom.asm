; SPDX-License-Identifier: GPL-2.0-only
; The firmware with which Bochs boots an image: from the reset vector to the image's entry, without
; BIOS, boot loader and their seconds.  Made for Bochs, whose memory, A20 gate and APICs work after
; a reset: a real machine's do not.
;
; src/runner/rom.pl makes the rest of the ROM.  It begins with records: an address, how many dwords
; to copy there, how many zeroes to write after them, and the dwords.  An address of 0 ends them;
; after it come what EAX and EBX are to be, and the entry.

ROM             equ 0xffe00000          ; 2 MiB up to 4 GiB: the most that Bochs 2.7 takes
CODE_SIZE       equ 256
CS_BASE         equ 0xffff0000          ; of real mode, after a reset

CR0_PE          equ 1 << 0
CR0_ET          equ 1 << 4

; Power management of Intel's PIIX4 (data sheet 290562-001): bus 0, device 1, function 3.
PCI_ADDRESS     equ 0xcf8
PCI_DATA        equ 0xcfc
PIIX4_PMBA      equ 0x80000b40          ; the base of its I/O ports
PIIX4_PMREGMISC equ 0x80000b80          ; bit 0: they are there
PM_PORTS        equ 0xb000              ; where Bochs's BIOS has them

; SDM volume 3 (325384-083) 12.11: what kind of memory is where.
CPUID_MTRR      equ 12                  ; leaf 1 EDX
MTRR_BASE0      equ 0x200
MTRR_MASK0      equ 0x201
MTRR_DEFAULT    equ 0x2ff
MTRR_VALID      equ 1 << 11             ; of a mask
MTRR_ENABLE     equ 1 << 11             ; of the default
WRITE_BACK      equ 6
UNCACHED        equ 0
DEVICES         equ 0xe0000000          ; from here to 4 GiB

org 0x10000 - CODE_SIZE                 ; relative to CS_BASE
bits 16
; State: real mode, CS as at the reset, interrupts and caches off.  SDM volume 3 (325384-083) 9.1.
real_mode:
        o32 lgdt [cs:gdt_register]
        mov     eax, CR0_PE + CR0_ET
        mov     cr0, eax
        jmp     dword gdt.code - gdt:CS_BASE + protected_mode

bits 32
; State: protected mode, caches on, no stack.
protected_mode:
        mov     eax, gdt.data - gdt
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     fs, eax
        mov     gs, eax

        ; The images look for these ports: with them a machine can be turned off.
        mov     edx, PCI_ADDRESS
        mov     eax, PIIX4_PMBA
        out     dx, eax
        mov     dl, PCI_DATA & 0xff
        mov     eax, PM_PORTS | 1       ; bit 0: they are I/O ports
        out     dx, eax
        mov     dl, PCI_ADDRESS & 0xff
        mov     eax, PIIX4_PMREGMISC
        out     dx, eax
        mov     dl, PCI_DATA & 0xff
        mov     al, 1
        out     dx, al

        ; Where memory is not write-back, Bochs's MONITOR does nothing.  The other processors' MTRRs
        ; stay off: no image looks at them.
        mov     eax, 1
        cpuid
        bt      edx, CPUID_MTRR
        jnc     .load
        mov     ecx, MTRR_BASE0
        mov     eax, DEVICES | UNCACHED
        xor     edx, edx
        wrmsr
        mov     cl, MTRR_MASK0 & 0xff
        mov     eax, DEVICES | MTRR_VALID
        mov     dl, 0xf                 ; the fewest bits that a CPU with long mode has: 36
        wrmsr
        mov     cl, MTRR_DEFAULT & 0xff
        mov     eax, MTRR_ENABLE | WRITE_BACK
        mov     dl, 0
        wrmsr

.load:
        mov     esi, ROM
        cld
.record:
        lodsd
        test    eax, eax
        jz      .enter
        mov     edi, eax
        lodsd
        mov     ecx, eax
        lodsd
        mov     edx, eax
        rep movsd
        mov     ecx, edx
        xor     eax, eax
        rep stosd
        jmp     .record
.enter:
        lodsd
        mov     ebx, [esi]
        jmp     [esi + 4]

align 8
; Their accessed bits are set: the CPU can't set them in a ROM.
gdt:    dq 0
.code:  dq 0x00cf9b000000ffff
.data:  dq 0x00cf93000000ffff
gdt_register:
        dw $ - gdt - 1
        dd CS_BASE + gdt

; The reset vector: the CPU begins 16 bytes below 4 GiB.
times CODE_SIZE - 16 - ($ - $$) db 0
bits 16
        jmp     real_mode
times CODE_SIZE - ($ - $$) db 0
