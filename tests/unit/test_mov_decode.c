/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/mov_decode.c, against the tables of Intel's SDM, volume 2 (325383-083). */
#include "host/mov_decode.h"
#include "unit.h"

#define CODE(bytes) bytes, sizeof(bytes) - 1
#define VALUE       0xa1b2c3d4u
#define IMMEDIATE   "\xd4\xc3\xb2\xa1"

static const unsigned modes[] = {16, 32, 64};

/*
 * Decodes @length bytes at the end of an allocation, so that a sanitizer sees each read after
 * them.
 */
static bool decode(const void *code, size_t length, unsigned bits, struct mov_decoded *mov)
{
	uint8_t *copy = malloc(length);
	bool known;

	assert_non_null(copy);
	memcpy(copy, code, length);
	memset(mov, 0xa5, sizeof(*mov));
	known = mov_decode(copy, (unsigned)length, bits, mov);
	free(copy);
	return known;
}

/* Forms that compilers use.  The length of each instruction is that of its string. */
static const struct {
	unsigned bits;
	const char *code;
	size_t length;
	bool write, immediate;
	uint8_t reg;
} forms[] = {
	/* mov [edi], eax; mov ecx, [esi]; mov dword [ebx], VALUE */
	{32, CODE("\x89\x07"), true, false, 0},
	{32, CODE("\x8b\x0e"), false, false, 1},
	{32, CODE("\xc7\x03" IMMEDIATE), true, true, 0},
	/* mov eax, [0xfee00020]; mov [0xfee000b0], eax */
	{32, CODE("\xa1\x20\x00\xe0\xfe"), false, false, 0},
	{32, CODE("\xa3\xb0\x00\xe0\xfe"), true, false, 0},
	/* mov edx, [0xfee00020]; mov dword [0xfee000b0], VALUE */
	{32, CODE("\x8b\x15\x20\x00\xe0\xfe"), false, false, 2},
	{32, CODE("\xc7\x05\xb0\x00\xe0\xfe" IMMEDIATE), true, true, 0},
	/* mov [ebp+8], ebx; mov esp, [edi+0x300]; mov [esp], ebp; mov esi, [esp+4] */
	{32, CODE("\x89\x5d\x08"), true, false, 3},
	{32, CODE("\x8b\xa7\x00\x03\x00\x00"), false, false, 4},
	{32, CODE("\x89\x2c\x24"), true, false, 5},
	{32, CODE("\x8b\x74\x24\x04"), false, false, 6},
	/* mov [eax*4+0x300], edi; mov dword [ebx+esi*2+0x300], VALUE */
	{32, CODE("\x89\x3c\x85\x00\x03\x00\x00"), true, false, 7},
	{32, CODE("\xc7\x84\x73\x00\x03\x00\x00" IMMEDIATE), true, true, 0},
	/* 16-bit addresses: mov [bx+si], eax; mov eax, [0x20]; moffs */
	{32, CODE("\x67\x89\x00"), true, false, 0},
	{32, CODE("\x67\x8b\x06\x20\x00"), false, false, 0},
	{32, CODE("\x67\xa1\x20\x00"), false, false, 0},
	/* mov fs:[edi], eax; ds and es, the last one counts */
	{32, CODE("\x64\x89\x07"), true, false, 0},
	{32, CODE("\x3e\x26\x89\x07"), true, false, 0},

	/* The same, of 64-bit code: mov [rdi], eax; mov ecx, [rsi]; mov dword [rbx], VALUE */
	{64, CODE("\x89\x07"), true, false, 0},
	{64, CODE("\x8b\x0e"), false, false, 1},
	{64, CODE("\xc7\x03" IMMEDIATE), true, true, 0},
	/* moffs of 8 bytes, and of 4 */
	{64, CODE("\xa1\x20\x00\xe0\xfe\x00\x00\x00\x00"), false, false, 0},
	{64, CODE("\xa3\xb0\x00\xe0\xfe\x00\x00\x00\x00"), true, false, 0},
	{64, CODE("\x67\xa1\x20\x00\xe0\xfe"), false, false, 0},
	{64, CODE("\x41\xa1\x20\x00\xe0\xfe\x00\x00\x00\x00"), false, false, 0},
	/* mov [rip+0x12345678], edx; mov dword [rip+0x12345678], VALUE */
	{64, CODE("\x89\x15\x78\x56\x34\x12"), true, false, 2},
	{64, CODE("\xc7\x05\x78\x56\x34\x12" IMMEDIATE), true, true, 0},
	/* mov ds:0xfffffffffee00020, eax: an absolute address without RIP takes SIB */
	{64, CODE("\x89\x04\x25\x20\x00\xe0\xfe"), true, false, 0},
	{64, CODE("\xc7\x04\x25\xb0\x00\xe0\xfe" IMMEDIATE), true, true, 0},
	/* REX.R: mov [rdi], r8d; mov r15d, [rsi]; REX.B and X change only the address */
	{64, CODE("\x44\x89\x07"), true, false, 8},
	{64, CODE("\x44\x8b\x3e"), false, false, 15},
	{64, CODE("\x41\x89\x07"), true, false, 0},
	{64, CODE("\x42\x89\x04\xa7"), true, false, 0},
	{64, CODE("\x47\x8b\x64\xa5\x08"), false, false, 12},
	/* mov [r12], eax has a SIB as with rsp; mov [r13+0], eax a displacement as with rbp */
	{64, CODE("\x41\x89\x04\x24"), true, false, 0},
	{64, CODE("\x41\x89\x45\x00"), true, false, 0},
	/* mod 0, base 5 stays RIP, or no base, with REX.B */
	{64, CODE("\x41\x89\x05\x00\x00\x00\x00"), true, false, 0},
	{64, CODE("\x43\x89\x04\x25\x00\x00\x00\x00"), true, false, 0},
	/* C7: the reg field is a part of the opcode, so REX.R has no effect. */
	{64, CODE("\x44\xc7\x07" IMMEDIATE), true, true, 0},
	/* mov gs:[edi], r9d */
	{64, CODE("\x65\x67\x44\x89\x0f"), true, false, 9},

	/* 16-bit code: mov [bx], eax; mov ecx, [bp+si+8]; mov dword [0xb0], VALUE */
	{16, CODE("\x66\x89\x07"), true, false, 0},
	{16, CODE("\x66\x8b\x4a\x08"), false, false, 1},
	{16, CODE("\x66\xc7\x06\xb0\x00" IMMEDIATE), true, true, 0},
	{16, CODE("\x66\x89\x97\x00\x03"), true, false, 2},
	{16, CODE("\x66\xa1\x20\x00"), false, false, 0},
	{16, CODE("\x66\xa3\xb0\x00"), true, false, 0},
	/* 32-bit addresses: mov [edi], eax; mov [0xfee000b0], eax; mov dword [ebx+8], VALUE */
	{16, CODE("\x67\x66\x89\x07"), true, false, 0},
	{16, CODE("\x66\x67\xa3\xb0\x00\xe0\xfe"), true, false, 0},
	{16, CODE("\x26\x66\x67\xc7\x43\x08" IMMEDIATE), true, true, 0},
	{16, CODE("\x66\x67\x8b\x3c\x24"), false, false, 7},
};

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct mov_decoded mov;

		if (!decode(forms[i].code, forms[i].length, forms[i].bits, &mov))
			fail_msg("form %zu is not known", i);
		if (mov.length != forms[i].length || mov.write != forms[i].write ||
		    mov.immediate != forms[i].immediate || mov.reg != forms[i].reg ||
		    mov.value != (forms[i].immediate ? VALUE : 0))
			fail_msg("form %zu: length %u, write %u, immediate %u, reg %u, value %#x",
				 i, mov.length, mov.write, mov.immediate, mov.reg, mov.value);
	}
}

/* Bytes after the instruction do not matter; each of its own is needed. */
static void test_available(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		uint8_t code[2 * MOV_DECODE_MAX];
		struct mov_decoded mov;

		memset(code, 0xff, sizeof(code));
		memcpy(code, forms[i].code, forms[i].length);
		assert_true(decode(code, sizeof(code), forms[i].bits, &mov));
		assert_int_equal(mov.length, forms[i].length);
		for (size_t length = 0; length < forms[i].length; length++) {
			if (decode(code, length, forms[i].bits, &mov))
				fail_msg("form %zu, cut to %zu bytes", i, length);
		}
	}
}

static void test_unknown(void **state)
{
	static const struct {
		unsigned bits;
		const char *code;
		size_t length;
	} table[] = {
		/* of 8 bits */
		{32, CODE("\x88\x07")},
		{32, CODE("\x8a\x07")},
		{32, CODE("\xc6\x07\x01")},
		{32, CODE("\xa0\x00\x00\x00\x00")},
		{32, CODE("\xa2\x00\x00\x00\x00")},
		/* of 16 */
		{16, CODE("\x89\x07")},
		{16, CODE("\xa1\x20\x00")},
		{16, CODE("\x67\x89\x07")},
		{32, CODE("\x66\x89\x07")},
		{32, CODE("\x66\xc7\x07\x01\x00\x00\x00")},
		{32, CODE("\x67\x66\xa1\x20\x00")},
		{64, CODE("\x66\x89\x07")},
		{64, CODE("\x66\x44\x89\x07")},
		/* of 64 */
		{64, CODE("\x48\x89\x07")},
		{64, CODE("\x4c\x8b\x07")},
		{64, CODE("\x48\xc7\x07" IMMEDIATE)},
		{64, CODE("\x48\xa1\x20\x00\xe0\xfe\x00\x00\x00\x00")},
		{64, CODE("\x66\x48\x89\x07")},
		/*
		 * REX counts only directly before the opcode; outside 64-bit code it is INC or DEC
		 */
		{64, CODE("\x44\x66\x89\x07")},
		{64, CODE("\x44\x2e\x89\x07")},
		{64, CODE("\x44\x44\x89\x07")},
		{32, CODE("\x44\x89\x07")},
		{16, CODE("\x66\x44\x89\x07")},
		/* LOCK, REPNE and REP */
		{32, CODE("\xf0\x89\x07")},
		{32, CODE("\xf2\x89\x07")},
		{32, CODE("\xf3\xc7\x07" IMMEDIATE)},
		/* C7 /1 and XBEGIN */
		{32, CODE("\xc7\x0f" IMMEDIATE)},
		{32, CODE("\xc7\xf8" IMMEDIATE)},
		/* mov from a segment register; add; movzx; stos; nothing but prefixes */
		{32, CODE("\x8c\x07")},
		{32, CODE("\x01\x07")},
		{32, CODE("\x0f\xb6\x07")},
		{32, CODE("\xab\x07")},
		{32, CODE("\x67\x67\x67\x67\x67\x67\x67\x67\x67\x67\x67\x67\x67\x67\x67\x89\x07")},
	};
	struct mov_decoded mov;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		if (decode(table[i].code, table[i].length, table[i].bits, &mov))
			fail_msg("row %zu is known", i);
	}
}

/* Only these five opcodes of one byte. */
static void test_opcodes(void **state)
{
	(void)state;
	for (unsigned opcode = 0; opcode < 256; opcode++) {
		bool want = strchr("\x89\x8b\xc7\xa1\xa3", (int)opcode) && opcode;
		uint8_t code[MOV_DECODE_MAX] = {(uint8_t)opcode};
		struct mov_decoded mov;

		assert_int_equal(decode(code, sizeof(code), 32, &mov), want);
	}
}

/* SDM 2.3.11: an instruction has at most 15 bytes. */
static void test_longest(void **state)
{
	uint8_t code[MOV_DECODE_MAX + 1];
	struct mov_decoded mov;

	(void)state;
	memset(code, 0x3e, sizeof(code));
	memcpy(code + MOV_DECODE_MAX - 2, "\x89\x07", 2);
	assert_true(decode(code, sizeof(code), 32, &mov));
	assert_int_equal(mov.length, MOV_DECODE_MAX);
	code[MOV_DECODE_MAX - 2] = 0x3e;
	memcpy(code + MOV_DECODE_MAX - 1, "\x89\x07", 2);
	assert_false(decode(code, sizeof(code), 32, &mov));
}

/* The length of ModRM, SIB and displacement: tables 2-1 to 2-3.  Mod 3 is not memory. */
static unsigned address_length(unsigned address_bits, uint8_t modrm, uint8_t sib)
{
	static const uint8_t short_form[3][8] = {
		{1, 1, 1, 1, 1, 1, 3, 1}, {2, 2, 2, 2, 2, 2, 2, 2}, {3, 3, 3, 3, 3, 3, 3, 3}};
	static const uint8_t long_form[3][8] = {
		{1, 1, 1, 1, 2, 5, 1, 1}, {2, 2, 2, 2, 3, 2, 2, 2}, {5, 5, 5, 5, 6, 5, 5, 5}};

	if (address_bits == 16)
		return short_form[modrm >> 6][modrm & 7];
	if ((modrm & 0xc7) == 4 && (sib & 7) == 5)
		return 6;
	return long_form[modrm >> 6][modrm & 7];
}

/* Decodes an instruction with these bytes, in code of @bits; without REX if @rex is 0. */
static void try(unsigned bits, bool other_address, uint8_t rex, uint8_t opcode, uint8_t modrm,
		uint8_t sib)
{
	const unsigned other = bits == 32 ? 16 : 32;
	uint8_t code[MOV_DECODE_MAX];
	unsigned length = 0;
	struct mov_decoded mov;
	bool want, known;

	memset(code, 0xff, sizeof(code));
	if (bits == 16)
		code[length++] = 0x66;
	if (other_address)
		code[length++] = 0x67;
	if (rex)
		code[length++] = rex;
	code[length++] = opcode;
	code[length] = modrm;
	code[length + 1] = sib;
	want = modrm < 0xc0 && !(opcode == 0xc7 && modrm & 0x38);
	known = decode(code, sizeof(code), bits, &mov);
	if (want && known) {
		length += address_length(other_address ? other : bits, modrm, sib);
		length += opcode == 0xc7 ? 4 : 0;
	}
	if (known != want ||
	    (known && (mov.length != length || mov.write != (opcode != 0x8b) ||
		       mov.immediate != (opcode == 0xc7) ||
		       mov.reg != (opcode == 0xc7 ? 0 : (modrm >> 3 & 7) + (rex & 4 ? 8 : 0)))))
		fail_msg("%u bits, 0x67 %u, rex %#x: %#x %#x %#x: known %u, length %u, wanted %u",
			 bits, other_address, rex, opcode, modrm, sib, known, mov.length, length);
}

static void test_every_address(void **state)
{
	static const uint8_t opcodes[] = {0x89, 0x8b, 0xc7};

	(void)state;
	for (unsigned i = 0; i < 65536; i++) {
		const uint8_t modrm = (uint8_t)i, sib = (uint8_t)(i >> 8);

		for (unsigned k = 0; k < COUNT(opcodes); k++) {
			for (unsigned mode = 0; mode < COUNT(modes); mode++) {
				try(modes[mode], false, 0, opcodes[k], modrm, sib);
				try(modes[mode], true, 0, opcodes[k], modrm, sib);
			}
			for (unsigned rex = 0x40; rex < 0x48; rex++)
				try(64, false, (uint8_t)rex, opcodes[k], modrm, sib);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),   cmocka_unit_test(test_available),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_longest), cmocka_unit_test(test_every_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
