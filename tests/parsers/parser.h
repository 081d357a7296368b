/* SPDX-License-Identifier: GPL-2.0-only */
/* What libFuzzer's targets share.  They look for more than crashes: for what REQUIRE says. */
#ifndef PARSERS_PARSER_H
#define PARSERS_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A finding, if it is not so: libFuzzer keeps the input. */
#define REQUIRE(true_)                                                                      \
	do {                                                                                \
		if (!(true_)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #true_); \
			abort();                                                            \
		}                                                                           \
	} while (0)

/* libFuzzer calls it with one input after the other. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes up to @n bytes of the input to @to, with zeros for what is missing. */
struct input {
	const uint8_t *at;
	size_t left;
};

static inline void take(struct input *in, void *to, size_t n)
{
	size_t part = n < in->left ? n : in->left;

	memset(to, 0, n);
	if (part)
		memcpy(to, in->at, part);
	in->at += part;
	in->left -= part;
}

static inline uint32_t take32(struct input *in)
{
	uint32_t value;

	take(in, &value, sizeof(value));
	return value;
}

#endif
