/* SPDX-License-Identifier: GPL-2.0-only */
/* What the user told the host on its command line. */
#ifndef HOST_CONFIG_H
#define HOST_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum personality {
	PERSONALITY_HEADER,    /* what the header says: RDMSR answers, three bytes patched */
	PERSONALITY_LINUX2007, /* what Linux did: RDMSR faults, four bytes patched */
};

enum log_level { LOG_NONE, LOG_EVENTS, LOG_CALLS };

struct config {
	uint64_t memory; /* the guest's, in MiB */
	unsigned personality, log;
	unsigned fault;  /* its place among all names of faults; 0: none */
	uint64_t cpus;   /* vCPUs, with a processor each; 0: as many as there are */
	uint64_t echo;   /* index of the echo service */
	uint64_t serial; /* port of the UART for guest and host; SERIAL_ANY: the first there is */
	bool has_echo;
	bool faults; /* list them, run nothing */
	bool vga;    /* write to the screen too */
};

extern struct config config;

/*
 * Parses the host's command line; @fault_names end with NULL.  False with a message in @error
 * (CMDLINE_ERROR_MAX bytes).
 */
bool config_parse(char *line, const char *const *fault_names, char *error);

/* Where the host's own options name no UART: takes the one, if any, that the guest's options name. */
void config_take_serial(const char *guest_line);

#endif
