/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * APM3 (24594 rev. 3.36), MOV and chapter 1 (instruction encoding); Intel SDM volume 2
 * (325383-083), chapter 2.
 */
#include "host/mov_decode.h"

#include "lib/string.h"

#define OPERAND_SIZE 0x66
#define ADDRESS_SIZE 0x67
#define REX_R        0x04 /* B and X change only the address, not its length */
#define REX_W        0x08

/* APM3 1.2.4 */
static bool is_segment(uint8_t byte)
{
	return byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e || byte == 0x64 ||
	       byte == 0x65;
}

/* The length of ModRM, SIB and displacement: APM3 1.4 and 1.5; SDM tables 2-1 to 2-3. */
static unsigned memory_length(const uint8_t *modrm, unsigned address_bits)
{
	uint8_t mod = modrm[0] >> 6, base = modrm[0] & 7;
	unsigned length = 1;

	if (address_bits == 16)
		return length + (mod == 0 ? (base == 6 ? 2 : 0) : mod);
	if (base == 4) {
		base = modrm[1] & 7;
		length++;
	}
	if (mod == 1)
		return length + 1;
	return length + (mod == 2 || base == 5 ? 4 : 0); /* mod 0, base 5: no base, or RIP */
}

bool mov_decode(const uint8_t *code, unsigned available, unsigned bits, struct mov_decoded *mov)
{
	/* Followed by zeros, so that missing bytes need only one check: that of the length. */
	uint8_t bytes[2 * MOV_DECODE_MAX] = {0};
	const uint8_t *at = bytes;
	bool operand_size = false, address_size = false;
	unsigned address_bits;
	uint8_t rex = 0, opcode;

	if (available > MOV_DECODE_MAX)
		available = MOV_DECODE_MAX;
	memcpy(bytes, code, available);
	for (; *at == OPERAND_SIZE || *at == ADDRESS_SIZE || is_segment(*at); at++) {
		operand_size |= *at == OPERAND_SIZE;
		address_size |= *at == ADDRESS_SIZE;
	}
	if (bits == 64 && (*at & 0xf0) == 0x40)
		rex = *at++;
	if (operand_size != (bits == 16) || rex & REX_W)
		return false; /* the operand has not 32 bits */
	address_bits = !address_size ? bits : bits == 32 ? 16 : 32;

	opcode = *at++;
	*mov = (struct mov_decoded){.write = opcode != 0x8b && opcode != 0xa1};
	switch (opcode) {
	case 0x89:
	case 0x8b:
	case 0xc7:
		if (at[0] >> 6 == 3)
			return false; /* a register, not memory */
		mov->reg = (uint8_t)((at[0] >> 3 & 7) | (rex & REX_R) << 1);
		at += memory_length(at, address_bits);
		break;
	case 0xa1:
	case 0xa3:
		at += address_bits / 8;
		break;
	default:
		return false;
	}
	if (opcode == 0xc7) {
		if (mov->reg & 7)
			return false; /* only /0 is MOV */
		mov->reg = 0;
		mov->immediate = true;
		memcpy(&mov->value, at, sizeof(mov->value));
		at += sizeof(mov->value);
	}
	mov->length = (uint8_t)(at - bytes);
	return mov->length <= available;
}
