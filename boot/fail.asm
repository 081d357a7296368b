; SPDX-License-Identifier: GPL-2.0-only
; The end of a run that cannot get to main(): says why, without any of the C code.

UART_LSR        equ 5                   ; from the UART's first port
LSR_TEMT        equ 1 << 6
LSR_READY       equ 1 << 5 | LSR_TEMT   ; either means that a byte may be written
NO_UART         equ 0xff                ; what LSR reads as where there is none
VGA_TEXT        equ 0xb8000             ; the text screen
VGA_LINE        equ 80 * 2
BLANK           equ 0x0720              ; light grey on black
BOCHS_SHUTDOWN  equ 0x8900
DEBUG_EXIT      equ 0xf4
EXIT_ERROR      equ 0x13

global boot_fail

section .text align=1                    ; no padding before it
bits 32
; Prints the message at ESI as the run's verdict, on the first of COM1 to COM4 that answers,
; whatever the options say, else on the screen; then ends the run.  A wait for the UART ends after
; 64 Ki reads: if it is not ready by then, the rest goes to the screen.
boot_fail:
        push    esi
        call    find_uart
        mov     ebx, VGA_TEXT           ; where the next character goes
        mov     ebp, VGA_TEXT + VGA_LINE ; the next line: no line here is longer than the screen's
        mov     esi, error_start
        call    puts
        pop     esi
        call    puts

        mov     edx, BOCHS_SHUTDOWN     ; can't be read: 0xff, or 0 under some hypervisors
        in      al, dx
        mov     ah, al
        in      al, DEBUG_EXIT
        mov     esi, error_halt
        cmp     al, ah
        je      .result
        mov     esi, error_no_halt
.result:
        call    puts
        mov     esi, error_result
        call    puts
        test    edi, edi
        jz      .exit
        mov     ah, LSR_TEMT
        call    wait_uart
.exit:
        mov     al, EXIT_ERROR
        out     DEBUG_EXIT, al
.stop:
        cli
        hlt
        jmp     .stop

; Sets EDI to the status port of the first UART that is ready, or to 0.
find_uart:
        mov     esi, uart_status_ports
.next:
        movzx   edi, word [esi]
        add     esi, 2
        test    edi, edi
        jz      .done
        mov     edx, edi
        in      al, dx
        cmp     al, NO_UART
        je      .next
        mov     ah, LSR_READY
        call    wait_uart
        jz      .next
.done:
        ret

; Prints the string at ESI.
puts:
        test    edi, edi
        jz      .next
        mov     ah, LSR_READY
        call    wait_uart
        jnz     .next
        xor     edi, edi                ; no longer ready: the rest goes to the screen
.next:
        lodsb
        test    al, al
        jz      .done
        test    edi, edi
        jz      .screen
        lea     edx, [edi - UART_LSR]
        out     dx, al
        jmp     puts
.screen:
        cmp     al, 10
        je      .newline
        mov     ah, BLANK >> 8
        mov     [ebx], ax
        add     ebx, 2
        jmp     puts
.newline:
        mov     word [ebx], BLANK
        add     ebx, 2
        cmp     ebx, ebp
        jb      .newline
        add     ebp, VGA_LINE
        jmp     puts
.done:
        ret

; Waits until one of the bits in AH is set in the UART's status, at port EDI.  ZF: none was.
wait_uart:
        mov     ecx, 0x10000
        mov     edx, edi
.next:
        in      al, dx
        test    al, ah
        loopz   .next
        ret

section .rodata
error_start:     db "TAP version 13", 10, "Bail out! ", 0
error_halt:      db 10, "# no exit device answers (port 0xf4): this run ends by a halt"
error_no_halt:   db 10, 0
error_result:    db "# RESULT: ERROR pass=0 fail=0 skip=0 todo=0", 10, 0
uart_status_ports: dw 0x3f8 + UART_LSR, 0x2f8 + UART_LSR, 0x3e8 + UART_LSR, 0x2e8 + UART_LSR, 0
