/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm2007/site.h"

#include <stddef.h>

#include "guest/vendor.h"
#include "lib/string.h"
#include "x86/defs.h"
#include "x86/insn.h"

#define INT3 0xcc

#define CPUID_VMX BIT(5) /* leaf 1 ECX */
#define CPUID_SVM BIT(2) /* leaf 8000_0001h ECX */

const enum page_use kvm2007_pages[PAGES] = {
	[PAGE_STATE_A] = PAGE_MIXED,
	[PAGE_STATE_B] = PAGE_MIXED,
	[PAGE_SITE_A] = PAGE_CODE,
	[PAGE_SITE_B] = PAGE_CODE,
};

static const uint8_t unpatched[SITE_SIZE] = {0x0f, 0x0b, 0xc3, 0xc3}; /* UD2; RET; RET */
static const uint8_t instructions[][3] = {
	[CALL_AMD] = {0x0f, 0x01, 0xd9},   /* VMMCALL */
	[CALL_INTEL] = {0x0f, 0x01, 0xc1}, /* VMCALL */
	[CALL_EITHER] = {0x0f, 0x01, 0xd9},
};

static enum call_vendor call_vendor; /* as site_init() found it */
static const char *vendor_doubt;     /* why it is CALL_EITHER */

/*
 * P1 is about the CPU that the VM runs on, so the vendor that CPUID names is in doubt if CPUID also
 * shows the other vendor's SVM or VMX.
 */
void site_init(void)
{
	enum cpu_vendor named = vendor_by_name();
	bool svm = cpuid(0x80000000, 0).eax >= 0x80000001 && cpuid(0x80000001, 0).ecx & CPUID_SVM;
	bool vmx = cpuid(1, 0).ecx & CPUID_VMX;

	vendor_doubt = NULL;
	if (named == VENDOR_UNKNOWN)
		vendor_doubt = "unknown CPU vendor";
	else if (named == VENDOR_AMD && vmx)
		vendor_doubt = "the CPU vendor is AMD or Hygon, but CPUID shows VMX";
	else if (named == VENDOR_INTEL && svm)
		vendor_doubt = "the CPU vendor is Intel, Centaur or Zhaoxin, but CPUID shows SVM";
	call_vendor = named == VENDOR_AMD ? CALL_AMD : CALL_INTEL;
	if (vendor_doubt)
		call_vendor = CALL_EITHER;
}

struct site make_site(unsigned page, unsigned offset)
{
	struct site site = {
		.gpa = page_gpa(page) + offset,
		.bytes = page_bytes(page) + offset,
		.entry = page_entry(page) + offset,
	};

	site_restore(&site);
	return site;
}

/* INT3 after the site, too, so that what runs on there traps: the page may hold noise. */
void site_restore(const struct site *site)
{
	memset(site->bytes, INT3, SITE_SIZE + 2);
	memcpy(site->bytes, unpatched, SITE_SIZE);
}

bool site_unpatched(const struct site *site)
{
	return !memcmp(site->bytes, unpatched, SITE_SIZE);
}

static bool holds(const struct site *site, enum call_vendor vendor)
{
	return !memcmp(site->bytes, instructions[vendor], 3) && site->bytes[3] == unpatched[3];
}

bool site_patched(const struct site *site)
{
	if (call_vendor == CALL_EITHER)
		return holds(site, CALL_AMD) || holds(site, CALL_INTEL);
	return holds(site, call_vendor);
}

const uint8_t *call_instruction(enum call_vendor vendor)
{
	return instructions[vendor];
}

enum call_vendor site_vendor(void)
{
	return call_vendor;
}

const char *site_vendor_doubt(void)
{
	return vendor_doubt;
}
