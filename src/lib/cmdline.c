/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/cmdline.h"
#include "lib/printf.h"
#include "lib/string.h"

/* The value of a digit of any base up to 16; 16 for other characters. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool parse_u64(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && text[1] == 'x';
	unsigned base = hex ? 16 : 10;
	uint64_t sum = 0;

	if (hex)
		text += 2;
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = digit_value(*text);

		if (digit >= base || __builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*value = sum;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* Cuts the first word off *@line; NULL where there is none left. */
static char *next_word(char **line)
{
	char *word = *line, *end;

	while (is_space(*word))
		word++;
	end = word;
	while (*end && !is_space(*end))
		end++;
	*line = end;
	if (*end) {
		*end = '\0';
		*line = end + 1;
	}
	return *word ? word : NULL;
}

/* Cuts NAME=VALUE at the '='; NULL where there is none, which is not an empty value. */
static char *cut_value(char *word)
{
	char *equals = strchr(word, '=');

	if (!equals)
		return NULL;
	*equals = '\0';
	return equals + 1;
}

static const struct option *find_option(const struct option *options, size_t count,
					const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(options[i].name, name))
			return &options[i];
	}
	return NULL;
}

static bool set_number(const struct option *option, const char *value)
{
	uint64_t number;

	if (!parse_u64(value, &number) || number < option->min || number > option->max)
		return false;
	*option->number = number;
	return true;
}

static bool set_choice(const struct option *option, const char *value)
{
	for (unsigned i = 0; option->choices[i]; i++) {
		if (!strcmp(option->choices[i], value)) {
			*option->choice = i;
			return true;
		}
	}
	return false;
}

static bool set_option(const struct option *option, const char *value)
{
	if (option->kind == OPTION_FLAG) {
		if (value)
			return false;
		*option->flag = true;
		return true;
	}
	if (!value || !*value)
		return false;
	switch (option->kind) {
	case OPTION_NUMBER:
		return set_number(option, value);
	case OPTION_CHOICE:
		return set_choice(option, value);
	default: /* OPTION_TEXT */
		*option->text = value;
		return true;
	}
}

static void explain(const struct option *option, const char *value, char error[CMDLINE_ERROR_MAX])
{
	if (option->kind == OPTION_FLAG)
		format(error, CMDLINE_ERROR_MAX, "option '%s' takes no value, got '%s'",
		       option->name, value);
	else if (!value || !*value)
		format(error, CMDLINE_ERROR_MAX, "option '%s' wants %s, got nothing", option->name,
		       option->wanted);
	else
		format(error, CMDLINE_ERROR_MAX, "option '%s' wants %s, got '%s'", option->name,
		       option->wanted, value);
}

bool cmdline_parse(char *line, const struct option *options, size_t count, const char **image,
		   char error[CMDLINE_ERROR_MAX])
{
	char *word;

	error[0] = '\0';
	if (image)
		*image = NULL;
	for (bool first = true; (word = next_word(&line)); first = false) {
		const char *value = cut_value(word);
		const struct option *option = find_option(options, count, word);

		if (!option && !value && first && image) {
			*image = word;
		} else if (!option) {
			format(error, CMDLINE_ERROR_MAX, "unknown option '%s'", word);
			return false;
		} else if (!set_option(option, value)) {
			explain(option, value, error);
			return false;
		}
	}
	return true;
}
