/* SPDX-License-Identifier: GPL-2.0-only */
/* What the user told the guest on its command line. */
#ifndef GUEST_OPTIONS_H
#define GUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *image;         /* the path that QEMU puts before the options; NULL: none */
	bool list;                 /* print the checks, run none */
	const char *only, *skip;   /* comma-separated globs over the checks' names; NULL: none */
	bool require;              /* want of a host is a failure, not a skip */
	bool strict;               /* recommended rules are required */
	bool trace;                /* a diagnostic line for each call */
	bool vga;                  /* write to the screen too */
	bool reset;                /* end by a reset if nothing else ends the machine */
	uint64_t seed;             /* of the random numbers; 0: from the time stamp counter */
	uint64_t serial;           /* port of the UART; SERIAL_ANY: the first there is */
	uint64_t echo, echo_calls; /* the echo service's index, and how many random calls it gets */
	bool has_echo;
	uint64_t cpus; /* how many processors are wanted; 0: all that there are */
};

/*
 * Parses @line, cutting it into words.  False with a message in @error
 * (CMDLINE_ERROR_MAX bytes); then @options holds what could be read.
 */
bool options_parse(char *line, struct options *options, char *error);

#endif
