/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/list.h"
#include "lib/string.h"

static size_t item_length(const char *list)
{
	const char *comma = strchr(list, ',');

	return comma ? (size_t)(comma - list) : strlen(list);
}

const char *list_next(const char *list, char *item, size_t size)
{
	size_t length, kept;

	if (!list || !*list)
		return NULL;
	length = item_length(list);
	kept = length < size ? length : size - 1;
	memcpy(item, list, kept);
	item[kept] = '\0';
	return list + length + (list[length] == ',');
}

bool list_has(const char *list, const char *name)
{
	size_t length = strlen(name);

	while (list && *list) {
		size_t item = item_length(list);

		if (item == length && !memcmp(list, name, length))
			return true;
		list += item + (list[item] == ',');
	}
	return false;
}
