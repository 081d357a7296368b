; SPDX-License-Identifier: GPL-2.0-only
; The world switch.  SDM volume 3 (325384-083) 27.3, 28.3 and 28.5: VM entries and exits switch RSP, RIP,
; RFLAGS, the segments, the control registers, the tables, DR7, EFER, PAT and the SYSENTER MSRs; the
; general purpose registers are ours to switch.  The x87 and SSE registers, CR2, DR0-3, DR6 and the
; SYSCALL MSRs nobody touches: the host does not use them, so the guest's stay where they are.

%include "asm-offsets.inc"

%define VMCS_HOST_RSP 0x6c14             ; vmx.h asserts them
%define VMCS_HOST_RIP 0x6c16

extern vmx_exit, vmx_refused
global vmx_run

section .text
bits 64

; void vmx_run(struct vmx *vmx, struct gprs *regs)
vmx_run:
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        push    rsi                     ; [rsp + 8]: regs
        push    rdi                     ; [rsp]: vmx

        ; 1. where exits lead: to .exit, on this stack
        mov     edx, VMCS_HOST_RSP
        vmwrite rdx, rsp
        mov     edx, VMCS_HOST_RIP
        mov     eax, .exit
        vmwrite rdx, rax
        xor     eax, eax                ; ZF: the first entry launches, the others resume

.enter: ; 2. the guest's registers in; none of these changes the flags
        mov     rax, [rsi + GPR_RAX]
        mov     rcx, [rsi + GPR_RCX]
        mov     rdx, [rsi + GPR_RDX]
        mov     rbx, [rsi + GPR_RBX]
        mov     rbp, [rsi + GPR_RBP]
        mov     rdi, [rsi + GPR_RDI]
        mov     r8,  [rsi + GPR_R8]
        mov     r9,  [rsi + GPR_R9]
        mov     r10, [rsi + GPR_R10]
        mov     r11, [rsi + GPR_R11]
        mov     r12, [rsi + GPR_R12]
        mov     r13, [rsi + GPR_R13]
        mov     r14, [rsi + GPR_R14]
        mov     r15, [rsi + GPR_R15]
        mov     rsi, [rsi + GPR_RSI]

        ; 3. the guest
        jz      .launch
        vmresume
        jmp     .refused
.launch:
        vmlaunch
.refused:                               ; 31.2: it was not entered; the VMCS says why
        mov     rdi, [rsp]
        call    vmx_refused
        jmp     .leave

.exit:  ; 4. its registers away
        push    rax
        mov     rax, [rsp + 16]
        mov     [rax + GPR_RCX], rcx
        mov     [rax + GPR_RDX], rdx
        mov     [rax + GPR_RBX], rbx
        mov     [rax + GPR_RBP], rbp
        mov     [rax + GPR_RSI], rsi
        mov     [rax + GPR_RDI], rdi
        mov     [rax + GPR_R8], r8
        mov     [rax + GPR_R9], r9
        mov     [rax + GPR_R10], r10
        mov     [rax + GPR_R11], r11
        mov     [rax + GPR_R12], r12
        mov     [rax + GPR_R13], r13
        mov     [rax + GPR_R14], r14
        mov     [rax + GPR_R15], r15
        pop     qword [rax + GPR_RAX]

        ; 5. what was it?
        mov     rdi, [rsp]
        call    vmx_exit
        mov     rsi, [rsp + 8]
        test    al, al
        jnz     .enter

.leave: add     rsp, 16
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        ret
