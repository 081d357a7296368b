/* SPDX-License-Identifier: GPL-2.0-only */
/* An image of any bytes: it is loaded into the guest's memory, and nowhere else, or refused. */
#include "host/loader.h"

#include "parser.h"

#define MEMORY   0x200000u /* 2 MiB: the sanitizer sees what is written outside */
#define HOLE     0xa0000u
#define HOLE_END 0x100000u

static const uint8_t zeros[HOLE_END - HOLE];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *bytes;
	struct guest_memory memory = {.size = MEMORY};
	struct loaded_guest loaded;
	char error[LOADER_ERROR_MAX], line[64];
	struct input in = {data, size};

	if (!bytes)
		bytes = calloc(1, MEMORY);
	memory.bytes = bytes;
	take(&in, line, sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	memset(error, 'x', sizeof(error));
	if (load_guest(&memory, in.at, in.left, line, &loaded, error)) {
		REQUIRE(loaded.eax == 0x2badb002);
		REQUIRE(loaded.entry < MEMORY && loaded.ebx < MEMORY);
	} else {
		REQUIRE(memchr(error, 0, sizeof(error)) && *error);
	}
	REQUIRE(!memcmp(bytes + HOLE, zeros, sizeof(zeros)));
	return 0;
}
