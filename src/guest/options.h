/* SPDX-License-Identifier: GPL-2.0-only */
/* The options on the guest's command line. */
#ifndef GUEST_OPTIONS_H
#define GUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *image; /* the image's path, which QEMU puts before the options; NULL: none */
	bool list;         /* print the checks, run none */
	const char *abi;   /* comma-separated names of the ABIs to try; NULL: all */
	const char *only, *skip;   /* comma-separated globs over the checks' names; NULL: none */
	const char *require;       /* likewise ABIs that must be there; "": all tried; NULL: none */
	bool strict;               /* recommended rules count as required */
	bool trace;                /* print each call */
	bool vga;                  /* print on the screen too */
	bool reset;                /* reset the machine if nothing else ends it */
	bool fresh;                /* no firmware or system used the machine before the guest */
	uint64_t waits;            /* how long checks wait for what must not happen, in ms */
	uint64_t seed;             /* of the random numbers; 0: take the time stamp counter */
	uint64_t serial;           /* the UART's port; SERIAL_ANY: the first that there is */
	bool has_echo;             /* the host has the echo service: */
	uint64_t echo, echo_calls; /* its index; how many random calls it gets */
	uint64_t kvm_echo;         /* likewise of the ABI kvm; 0: none */
	uint64_t pageout;          /* port of the service that takes a page away; 0: none */
	uint64_t cpus;             /* processors to start, the first included; 0: all */
};

/*
 * Parses @line, which it cuts into words.  False: @error, of CMDLINE_ERROR_MAX bytes, says why, and
 * @options has what could be read.
 */
bool options_parse(char *line, struct options *options, char *error);

#endif
