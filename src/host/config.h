/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of the host's command line. */
#ifndef HOST_CONFIG_H
#define HOST_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum personality {
	PERSONALITY_HEADER,    /* as in the header: RDMSR answers, three bytes are patched */
	PERSONALITY_LINUX2007, /* as Linux did: RDMSR is a #GP, four bytes are patched */
};

enum log_level { LOG_NONE, LOG_EVENTS, LOG_CALLS };

struct config {
	uint64_t memory; /* the guest's, in MiB */
	unsigned personality, log;
	const char *abi;      /* comma-separated names of the ABIs that it offers; NULL: all */
	unsigned fault;       /* its number (abi.h); 0: none */
	uint64_t api_version; /* of the ABI of 2007, that the host speaks */
	uint64_t features;    /* of today's KVM ABI: these bits at most */
	uint64_t base;        /* its first leaf of CPUID */
	uint64_t kvm_echo;    /* index of its echo service, if has_kvm_echo */
	unsigned enforce;     /* without a feature's bit, its MSRs and calls do not exist */
	unsigned quirk;       /* the other vendor's call instruction becomes the CPU's own */
	uint64_t cpus;    /* vCPUs, each with its own processor; 0: as many as the machine has */
	uint64_t echo;    /* index of the echo service, if has_echo */
	uint64_t serial;  /* I/O port of the UART for guest and host; SERIAL_ANY: the first */
	uint64_t pageout; /* I/O port of the service that takes a page away; 0: none */
	bool has_echo, has_kvm_echo;
	bool faults;   /* list the faults and run nothing */
	bool vga;      /* also write to the screen */
	bool checksum; /* notice a guest that changes the host's memory */
};

extern struct config config;

/*
 * Parses the host's command line into config.  @fault_names ends with NULL.  False: @error (of
 * CMDLINE_ERROR_MAX bytes) says why.
 */
bool config_parse(char *line, const char *const *fault_names, char *error);

/* If the host's options name no UART, takes the one that the guest's options name, if any. */
void config_take_serial(const char *guest_line);

#endif
