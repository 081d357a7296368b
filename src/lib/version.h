/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIB_VERSION_H
#define LIB_VERSION_H

/* As "0.2 (v0.1-12-g0123456789ab)": what src/lib/version.sh prints. */
extern const char paraguest_version[];

#endif
