/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock of the PC that runs on a battery: the RTC (MC146818). */
#ifndef X86_RTC_H
#define X86_RTC_H

#include <stdbool.h>
#include <stdint.h>

/* Its ports. */
#define RTC_INDEX 0x70
#define RTC_DATA  0x71

uint8_t rtc_register(uint8_t index);

/* Sets *@seconds since 1970, if the RTC runs on UTC.  False: there is no RTC, or it has no date. */
bool rtc_read(uint64_t *seconds);

#endif
