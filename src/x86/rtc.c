/* SPDX-License-Identifier: GPL-2.0-only */
/* Motorola MC146818A data sheet (ADI1198). */
#include "x86/rtc.h"

#include <stddef.h>

#include "lib/string.h"
#include "x86/defs.h"
#include "x86/insn.h"

#define REGISTER_A 0x0a
#define A_UPDATING BIT(7)
#define REGISTER_B 0x0b
#define B_24_HOURS BIT(1)
#define B_BINARY   BIT(2)

#define PM    BIT(7) /* of the hour, in the mode with 12 hours */
#define TRIES 10000  /* reads while an update, which takes at most 2 ms, goes on */
#define PAIRS 10
#define DAY   86400

enum { SECOND, MINUTE, HOUR, DAY_OF_MONTH, MONTH, YEAR, FIELDS };

uint8_t rtc_register(uint8_t index)
{
	outb(RTC_INDEX, index);
	return inb(RTC_DATA);
}

static bool read_fields(uint8_t fields[FIELDS])
{
	static const uint8_t indices[FIELDS] = {0, 2, 4, 7, 8, 9};

	for (unsigned i = 0; i < TRIES; i++) {
		if (rtc_register(REGISTER_A) & A_UPDATING)
			continue;
		for (unsigned k = 0; k < FIELDS; k++)
			fields[k] = rtc_register(indices[k]);
		return true;
	}
	return false;
}

/* An update may begin between two fields, but hardly each time. */
static bool read_twice(uint8_t fields[FIELDS])
{
	uint8_t again[FIELDS];

	for (unsigned i = 0; i < PAIRS; i++) {
		if (!read_fields(fields) || !read_fields(again))
			return false;
		if (!memcmp(fields, again, sizeof(again)))
			return true;
	}
	return false;
}

static void decode(uint8_t fields[FIELDS], uint8_t mode)
{
	bool pm = !(mode & B_24_HOURS) && fields[HOUR] & PM;

	if (!(mode & B_24_HOURS))
		fields[HOUR] &= (uint8_t)~PM;
	for (unsigned i = 0; i < FIELDS && !(mode & B_BINARY); i++)
		fields[i] = (uint8_t)((fields[i] >> 4) * 10 + (fields[i] & 15));
	if (!(mode & B_24_HOURS))
		fields[HOUR] = (uint8_t)(fields[HOUR] % 12 + (pm ? 12 : 0));
}

/* Days from 1970 to the date: a year begins in March here, so that a leap day is its last. */
static uint64_t days_to(unsigned year, unsigned month, unsigned day)
{
	unsigned y = year - (month < 3), m = (month + 9) % 12;

	return 365u * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

bool rtc_read(uint64_t *seconds)
{
	uint8_t fields[FIELDS];

	if (!read_twice(fields))
		return false;
	decode(fields, rtc_register(REGISTER_B));
	if (fields[MONTH] < 1 || fields[MONTH] > 12 || fields[DAY_OF_MONTH] < 1 ||
	    fields[DAY_OF_MONTH] > 31 || fields[HOUR] > 23 || fields[MINUTE] > 59 ||
	    fields[SECOND] > 59 || fields[YEAR] > 99)
		return false;
	*seconds = days_to(2000u + fields[YEAR], fields[MONTH], fields[DAY_OF_MONTH]) * DAY +
		   fields[HOUR] * 3600u + fields[MINUTE] * 60u + fields[SECOND];
	return true;
}
