/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The promises that the host can be told to break, one at a time (fault=NAME), each
 * with the rule that it breaks.  tests/faults.tsv says which checks must notice.
 */
#ifndef HOST_FAULTS_H
#define HOST_FAULTS_H

#define FAULTS(X)                                                                                  \
	X(NONE, "none", "", "breaks nothing")                                                      \
	X(RDMSR_RCX, "rdmsr-rcx", "D1", "RDMSR of the magic changes RCX")                          \
	X(RDMSR_NEIGHBOUR, "rdmsr-neighbour", "D3", "the next MSR number answers as the magic")    \
	X(WRMSR_NEIGHBOUR, "wrmsr-neighbour", "D3", "the next MSR number registers too")           \
	X(WRMSR_RBX, "wrmsr-rbx", "S1", "WRMSR of the magic changes RBX")                          \
	X(GP_VECTOR, "gp-vector", "S5", "a bad gpa gives #UD")                                     \
	X(GP_ERROR, "gp-error", "S5", "a bad gpa gives #GP(8)")                                    \
	X(GP_RAX, "gp-rax", "S5", "a bad gpa's #GP comes with RAX changed")                        \
	X(GP_RIP, "gp-rip", "S5", "a bad gpa's #GP comes behind the WRMSR")                        \
	X(SILENT, "silent", "S2", "RDMSR answers, WRMSR does nothing")                             \
	X(NO_HOST_VERSION, "no-host-version", "S2", "host_version is not written")                 \
	X(HOST_VERSION_LATE, "host-version-late", "S2", "host_version is written on success only") \
	X(HOST_VERSION_COPY, "host-version-copy", "S2",                                            \
	  "guest_version is written as host_version")                                              \
	X(NO_RET, "no-ret", "S3", "ret is not written")                                            \
	X(RET_POSITIVE, "ret-positive", "S3", "a refusal is KVM_EINVAL, without the sign")         \
	X(RET_64, "ret-64", "S4", "ret is written as 64 bits")                                     \
	X(SIZE_WRITTEN, "size-written", "S4", "the host writes the size that it knows")            \
	X(SIZE_CHECKED, "size-checked", "S4", "a size other than 4096 is refused")                 \
	X(GUEST_VERSION_WRITTEN, "guest-version-written", "S4", "guest_version is overwritten")    \
	X(REST_WRITTEN, "rest-written", "S4", "the rest of the page is cleared")                   \
	X(NEXT_PAGE, "next-page", "S4", "a byte of the next page is written")                      \
	X(MISALIGNED, "misaligned", "S5", "a misaligned gpa is rounded down")                      \
	X(OUTSIDE_IGNORED, "outside-ignored", "S5", "a gpa outside memory is ignored, no #GP")     \
	X(HIGH_IGNORED, "high-ignored", "S5", "bits 32-63 of the gpa are ignored")                 \
	X(FIRST_ONLY, "first-only", "S6", "only the first registration is answered")               \
	X(SAME_REFUSED, "same-refused", "S6", "the page registered last is refused")               \
	X(ONE_PAGE, "one-page", "S6", "another page than the first is refused")                    \
	X(LEGACY_IGNORED, "legacy-ignored", "S1", "registrations from legacy mode are ignored")    \
	X(OLD_SITE_UNPATCHED, "old-site-unpatched", "S6", "another site's patch undoes the first") \
	X(ZERO_UNREGISTERS, "zero-unregisters", "S8", "WRMSR of 0 writes nothing")                 \
	X(VERSION_2, "version-2", "V1", "version 2 is accepted")                                   \
	X(VERSION_SIGNED, "version-signed", "V1", "versions are compared signed")                  \
	X(VERSION_0, "version-0", "V2", "version 0 is refused")                                    \
	X(REFUSE_AFTER, "refuse-after", "V3", "after a refusal all is refused")                    \
	X(OTHER_VENDOR, "other-vendor", "P1", "the other vendor's instruction is patched")         \
	X(TWO_BYTES, "two-bytes", "P1", "two of the bytes are patched")                            \
	X(FIVE_BYTES, "five-bytes", "P2", "five bytes are patched")                                \
	X(BYTE_BEFORE, "byte-before", "P2", "the byte before the site is written")                 \
	X(ALIGNED_SITES, "aligned-sites", "P3", "the site is rounded down to 8 bytes")             \
	X(PAGE_START, "page-start", "P3", "a site at the start of a page is refused")              \
	X(VIRTUAL_PATCH, "virtual-patch", "S1", "hypercall_gpa is taken for a virtual address")    \
	X(RESPECT_RO, "respect-ro", "P3", "a page that the guest maps read-only is not patched")   \
	X(SITE_OUTSIDE, "site-outside", "P4", "a hypercall_gpa outside memory is accepted")        \
	X(PATCH_LATE, "patch-late", "P5", "the site is patched at the next registration")          \
	X(HALF_STRADDLE, "half-straddle", "P6", "a straddling site is half patched")               \
	X(PATCH_REFUSED, "patch-refused", "P7", "a refused site is patched")                       \
	X(SWAP_12, "swap-rdi-rsi", "C1", "arguments 1 and 2 are swapped")                          \
	X(SWAP_23, "swap-rsi-rdx", "C1", "arguments 2 and 3 are swapped")                          \
	X(SWAP_34, "swap-rdx-rcx", "C1", "arguments 3 and 4 are swapped")                          \
	X(SWAP_45, "swap-rcx-r8", "C1", "arguments 4 and 5 are swapped")                           \
	X(SWAP_56, "swap-r8-r9", "C1", "arguments 5 and 6 are swapped")                            \
	X(DROP_RDI, "drop-rdi", "C1", "argument 1 is lost")                                        \
	X(DROP_RSI, "drop-rsi", "C1", "argument 2 is lost")                                        \
	X(DROP_RDX, "drop-rdx", "C1", "argument 3 is lost")                                        \
	X(DROP_RCX, "drop-rcx", "C1", "argument 4 is lost")                                        \
	X(DROP_R8, "drop-r8", "C1", "argument 5 is lost")                                          \
	X(DROP_R9, "drop-r9", "C1", "argument 6 is lost")                                          \
	X(SWAP32_12, "swap-eax-ecx", "C32.1", "32-bit arguments 1 and 2 are swapped")              \
	X(SWAP32_23, "swap-ecx-edx", "C32.1", "32-bit arguments 2 and 3 are swapped")              \
	X(SWAP32_34, "swap-edx-esi", "C32.1", "32-bit arguments 3 and 4 are swapped")              \
	X(SWAP32_45, "swap-esi-edi", "C32.1", "32-bit arguments 4 and 5 are swapped")              \
	X(SWAP32_56, "swap-edi-ebp", "C32.1", "32-bit arguments 5 and 6 are swapped")              \
	X(DROP_EAX, "drop-eax", "C32.1", "32-bit argument 1 is lost")                              \
	X(DROP_ECX, "drop-ecx", "C32.1", "32-bit argument 2 is lost")                              \
	X(DROP_EDX, "drop-edx", "C32.1", "32-bit argument 3 is lost")                              \
	X(DROP_ESI, "drop-esi", "C32.1", "32-bit argument 4 is lost")                              \
	X(DROP_EDI, "drop-edi", "C32.1", "32-bit argument 5 is lost")                              \
	X(DROP_EBP, "drop-ebp", "C32.1", "32-bit argument 6 is lost")                              \
	X(STALE_UPPER, "stale-upper", "C32.4", "32-bit arguments keep what is above them")         \
	X(CALLS_64, "calls-64", "C32.5", "32-bit calls are read by the 64-bit convention")         \
	X(CUT_RDI, "cut-rdi", "C1", "argument 1 is cut to 32 bits")                                \
	X(CUT_RSI, "cut-rsi", "C1", "argument 2 is cut to 32 bits")                                \
	X(CUT_RDX, "cut-rdx", "C1", "argument 3 is cut to 32 bits")                                \
	X(CUT_RCX, "cut-rcx", "C1", "argument 4 is cut to 32 bits")                                \
	X(CUT_R8, "cut-r8", "C1", "argument 5 is cut to 32 bits")                                  \
	X(CUT_R9, "cut-r9", "C1", "argument 6 is cut to 32 bits")                                  \
	X(ARGS_32, "args-32", "C1", "64-bit calls are read by the 32-bit convention")              \
	X(RAX_LOW, "rax-low", "C3", "the low half of RAX alone is written")                        \
	X(RAX_KEPT, "rax-kept", "C3", "RAX is not written")                                        \
	X(RESULT_POSITIVE, "result-positive", "C3", "the result is KVM_EINVAL, without the sign")  \
	X(INDEX_1, "index-1", "C3", "index 1 is taken for a call that there is")                   \
	X(INDEX_TRUNCATED, "index-truncated", "C4", "indices are cut to 32 bits, and 0 gives 0")   \
	X(NTH_CALL, "nth-call", "C3", "every 1000th call gives 0")                                 \
	X(RESULT_32, "result-32", "C32.3", "32-bit calls of undefined indices give 0")             \
	X(PAGED_32, "paged-32", "C32.1", "32-bit calls under paging give 0")                       \
	X(PAE_32, "pae-32", "C32.1", "32-bit calls under PAE paging give 0")                       \
	X(CPL3_WRMSR, "cpl3-wrmsr", "D4", "WRMSR of the magic works at CPL 3")                     \
	X(BOTH_VENDORS, "both-vendors", "C7", "the other vendor's instruction is a call too")      \
	X(RIP_2, "rip-2", "C5", "the guest goes on two bytes behind the call")                     \
	X(RIP_4, "rip-4", "C5", "the guest goes on four bytes behind the call")                    \
	X(STALE_RIP, "stale-rip", "C5", "the guest goes on behind its last I/O")                   \
	X(CALL_RCX, "call-rcx", "C2", "RCX is clobbered")                                          \
	X(CALL_RDX, "call-rdx", "C2", "RDX is clobbered")                                          \
	X(CALL_RBX, "call-rbx", "C2", "RBX is clobbered")                                          \
	X(CALL_RSP, "call-rsp", "C2", "RSP is clobbered")                                          \
	X(CALL_RBP, "call-rbp", "C2", "RBP is clobbered")                                          \
	X(CALL_RSI, "call-rsi", "C2", "RSI is clobbered")                                          \
	X(CALL_RDI, "call-rdi", "C2", "RDI is clobbered")                                          \
	X(CALL_R8, "call-r8", "C2", "R8 is clobbered")                                             \
	X(CALL_R9, "call-r9", "C2", "R9 is clobbered")                                             \
	X(CALL_R10, "call-r10", "C2", "R10 is clobbered")                                          \
	X(CALL_R11, "call-r11", "C2", "R11 is clobbered")                                          \
	X(CALL_R12, "call-r12", "C2", "R12 is clobbered")                                          \
	X(CALL_R13, "call-r13", "C2", "R13 is clobbered")                                          \
	X(CALL_R14, "call-r14", "C2", "R14 is clobbered")                                          \
	X(CALL_R15, "call-r15", "C2", "R15 is clobbered")                                          \
	X(CALL_ECX, "call32-ecx", "C32.2", "ECX is clobbered in 32-bit calls")                     \
	X(CALL_EDX, "call32-edx", "C32.2", "EDX is clobbered in 32-bit calls")                     \
	X(CALL_EBX, "call32-ebx", "C32.2", "EBX is clobbered in 32-bit calls")                     \
	X(CALL_ESP, "call32-esp", "C32.2", "ESP is clobbered in 32-bit calls")                     \
	X(CALL_EBP, "call32-ebp", "C32.2", "EBP is clobbered in 32-bit calls")                     \
	X(CALL_ESI, "call32-esi", "C32.2", "ESI is clobbered in 32-bit calls")                     \
	X(CALL_EDI, "call32-edi", "C32.2", "EDI is clobbered in 32-bit calls")                     \
	X(CALL_CF, "call-cf", "C2", "CF is flipped")                                               \
	X(CALL_PF, "call-pf", "C2", "PF is flipped")                                               \
	X(CALL_AF, "call-af", "C2", "AF is flipped")                                               \
	X(CALL_ZF, "call-zf", "C2", "ZF is flipped")                                               \
	X(CALL_SF, "call-sf", "C2", "SF is flipped")                                               \
	X(CALL_OF, "call-of", "C2", "OF is flipped")                                               \
	X(CALL_DF, "call-df", "C2", "DF is flipped")                                               \
	X(CALL_IF, "call-if", "C2", "IF is cleared")                                               \
	X(CALL_CR2, "call-cr2", "C2", "CR2 is clobbered")                                          \
	X(CALL_CR4, "call-cr4", "C2", "CR4.TSD is set")                                            \
	X(CALL_DS, "call-ds", "C2", "DS is loaded anew")                                           \
	X(CALL_FS_BASE, "call-fs-base", "C2", "the FS base is cut to 32 bits")                     \
	X(CALL_GS_BASE, "call-gs-base", "C2", "the GS base is cut to 32 bits")                     \
	X(CALL_LSTAR, "call-lstar", "C2", "LSTAR is clobbered")                                    \
	X(CALL_IDTR, "call-idtr", "C2", "the IDTR's limit is changed")                             \
	X(CALL_DR1, "call-dr1", "C2", "DR1 is clobbered")                                          \
	X(CALL_X87, "call-x87", "C2", "the x87 unit is reset")                                     \
	X(CALL_MXCSR, "call-mxcsr", "C2", "MXCSR is reset")                                        \
	X(CALL_XMM7, "call-xmm7", "C2", "XMM7 is cleared")                                         \
	X(VCPU0_PAGE, "vcpu0-page", "S7", "registrations are answered in the page of vCPU 0")      \
	X(LAST_PAGE, "last-page", "S7", "RDMSR shows any vCPU's last registration")                \
	X(ALL_PAGES, "all-pages", "S7", "a registration is answered in every vCPU's page")         \
	X(REFUSAL_SHARED, "refusal-shared", "S7",                                                  \
	  "one vCPU's refusal makes the others' calls give 0")                                     \
	X(LOST_REGISTRATION, "lost-registration", "S7",                                            \
	  "a registration beside another one is lost")                                             \
	X(VCPU0_SITES, "vcpu0-sites", "P1", "vCPU 0's sites alone are patched")                    \
	X(OWN_PATCHES, "own-patches", "P5", "a vCPU sees no patches but its own")                  \
	X(VCPU0_CALLS, "vcpu0-calls", "C3", "calls of all but vCPU 0 give 0")                      \
	X(SHARED_ARGS, "shared-args", "C1", "vCPUs share the memory for their arguments")          \
	X(SHARED_RESULT, "shared-result", "C1", "vCPUs share the memory for their results")        \
	X(SHARED_RBX, "shared-rbx", "C2", "vCPUs share the memory for their RBX")                  \
	X(VCPU0_MODE, "vcpu0-mode", "C32.1", "the convention follows the mode of vCPU 0")          \
	X(VCPU1_HANGS, "vcpu1-hangs", "C5", "a call of vCPU 1 never comes back")                   \
	X(VCPU1_LOST, "vcpu1-lost", "C5", "vCPU 1 goes on at 0 behind a call")                     \
	X(ONE_STARTUP, "one-startup", "S7", "one vCPU heeds a start-up IPI, the others do not")    \
	X(STARTUP_VECTOR, "startup-vector", "S7", "a start-up IPI's vector is off by one")         \
	X(HANG, "hang", "", "a call never comes back")                                             \
	X(RESET, "reset", "", "a call resets the machine")                                         \
	X(LOST_RIP, "lost-rip", "", "the guest goes on in a loop of its own")

enum fault {
#define X(symbol, name, rule, what) FAULT_##symbol,
	FAULTS(X)
#undef X
		FAULT_COUNT,
};

struct fault_description {
	const char *name, *rule, *what;
};

extern const struct fault_description faults[FAULT_COUNT];

#endif
