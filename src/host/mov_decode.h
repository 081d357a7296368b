/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The forms of MOV by which compilers reach a 32-bit register of a device.  Where it is, the exit
 * tells; so of the address only the length counts.  clang makes TEST, BT, OR and ADD of volatile
 * accesses, too: a guest that wants none of these has to write its MOVs itself.
 */
#ifndef HOST_MOV_DECODE_H
#define HOST_MOV_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#define MOV_DECODE_MAX 15 /* of any instruction, in bytes: APM3 1.1 */

struct mov_decoded {
	bool write;     /* to memory */
	bool immediate; /* it writes @value, not a register */
	uint8_t length; /* of the whole instruction, in bytes */
	uint8_t reg;    /* in the order of struct gprs; 4 is RSP, which is slow */
	uint32_t value;
};

/*
 * Decodes the MOV at @code, of which @available bytes are known, as code of @bits (16, 32 or 64)
 * has it.  False if it is anything else, or not all of it is there; then *mov is not valid.
 */
bool mov_decode(const uint8_t *code, unsigned available, unsigned bits, struct mov_decoded *mov);

#endif
