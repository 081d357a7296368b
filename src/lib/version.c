/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/version.h"

const char paraguest_version[] = PARAGUEST_VERSION; /* from the Makefile */
