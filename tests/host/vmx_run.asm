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

; void vmx_run(struct vcpu *vcpu)
vmx_run:
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        push    rdi                     ; [rsp]: vcpu, at whose start its registers are

        ; 1. where exits lead: to .exit, on this stack
        mov     edx, VMCS_HOST_RSP
        vmwrite rdx, rsp
        mov     edx, VMCS_HOST_RIP
        mov     eax, .exit
        vmwrite rdx, rax
        xor     eax, eax                ; ZF: the first entry launches, the others resume

.enter: ; 2. the guest's registers in; none of these changes the flags
        mov     rax, [rdi + GPR_RAX]
        mov     rcx, [rdi + GPR_RCX]
        mov     rdx, [rdi + GPR_RDX]
        mov     rbx, [rdi + GPR_RBX]
        mov     rbp, [rdi + GPR_RBP]
        mov     rsi, [rdi + GPR_RSI]
        mov     r8,  [rdi + GPR_R8]
        mov     r9,  [rdi + GPR_R9]
        mov     r10, [rdi + GPR_R10]
        mov     r11, [rdi + GPR_R11]
        mov     r12, [rdi + GPR_R12]
        mov     r13, [rdi + GPR_R13]
        mov     r14, [rdi + GPR_R14]
        mov     r15, [rdi + GPR_R15]
        mov     rdi, [rdi + GPR_RDI]

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
        mov     rax, [rsp + 8]
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
        mov     rdi, [rsp]
        test    al, al
        jnz     .enter

.leave: add     rsp, 8
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        ret
