/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest that attacks its host. */
#ifndef GUESTS_HOSTILE_H
#define GUESTS_HOSTILE_H

#include "lib/tap.h"

/* Tries everything that the reference host must refuse, a TAP line an attack, from the plan on. */
void hostile(struct tap *tap);

#endif
