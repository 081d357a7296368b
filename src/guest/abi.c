/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/abi.h"

#include <stddef.h>

/* One X(NAME) for each ABI: NAME_abi, defined in the folder NAME. */
#define ABIS(X) X(kvm2007) X(kvm)

#define X(name) extern const struct guest_abi name##_abi;
ABIS(X)
#undef X

static const struct guest_abi *const abis[] = {
#define X(name) &name##_abi,
	ABIS(X)
#undef X
};

const struct guest_abi *abi_at(unsigned n)
{
	return n < sizeof(abis) / sizeof(abis[0]) ? abis[n] : NULL;
}
