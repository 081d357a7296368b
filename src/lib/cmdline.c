/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/cmdline.h"
#include "lib/number.h"
#include "lib/printf.h"
#include "lib/string.h"

#define OPEN_QUOTE "a double quote without its end: wanted two around a word, got"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

void cmdline_show(const char *text, char *shown, size_t size)
{
	size_t at = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = c >= ' ' && c < 0x7f;

		if (at + (plain ? 1 : 4) >= size)
			break;
		if (plain)
			shown[at++] = (char)c;
		else
			at += (size_t)format(shown + at, 5, "\\x%02x", c);
	}
	shown[at] = '\0';
}

/* The option whose name is the @length bytes at @name, or NULL. */
static const struct option *find_option(const struct option *options, size_t count,
					const char *name, size_t length)
{
	for (; count; count--, options++) {
		if (strlen(options->name) == length && !memcmp(options->name, name, length))
			return options;
	}
	return NULL;
}

/* ---- the image's name ------------------------------------------------------- */

/* A word as the loader wrote it, up to a blank.  @slash, @equals: the first of each, or NULL. */
struct raw_word {
	const char *start, *slash, *equals, *end;
};

/* Reads the next word from @at on.  False if there is none left. */
static bool raw_word(const char *at, struct raw_word *word)
{
	while (is_space(*at))
		at++;
	*word = (struct raw_word){.start = at};
	for (; *at && !is_space(*at); at++) {
		if (*at == '/' && !word->slash)
			word->slash = at;
		if (*at == '=' && !word->equals)
			word->equals = at;
	}
	word->end = at;
	return at != word->start;
}

/* Whether it ends as an image's path does, or as its URL, which may have a query. */
static bool ends_image(const struct raw_word *word)
{
	for (const char *at = word->start; word->end - at >= 4; at++) {
		if (!memcmp(at, ".elf", 4) && (at + 4 == word->end || at[4] == '?' || at[4] == '#'))
			return true;
	}
	return false;
}

/* Whether it is part of a path, and not an option with a wrong name or value (cmdline.h). */
static bool is_path(const struct raw_word *word, bool first)
{
	if (word->slash)
		return first || !word->equals || word->slash < word->equals;
	return first && !word->equals;
}

/* Returns the end of the image's name at the start of @line, or NULL if there is none. */
static const char *name_end(const char *line, const struct option *options, size_t count)
{
	bool whole = false, first = true, after_option = false;
	const char *end = NULL;
	struct raw_word word;

	for (; raw_word(line, &word); line = word.end, first = false) {
		const char *stop = word.equals ? word.equals : word.end;
		bool option = find_option(options, count, word.start, (size_t)(stop - word.start));

		if (option && !word.slash) {
			if (whole)
				break;
			after_option = true;
		} else if (ends_image(&word) && (word.slash || !after_option) &&
			   !(whole && word.equals && word.equals < word.slash)) {
			whole = true;
			end = word.end;
		} else if (!option && !whole && !after_option && is_path(&word, first)) {
			end = word.end;
		}
	}
	return end;
}

/* Cuts the image's name off *@line and returns it, or NULL if there is none. */
static const char *cut_name(char **line, const struct option *options, size_t count)
{
	const char *end = name_end(*line, options, count);
	char *name = *line;

	if (!end)
		return NULL;
	while (is_space(*name))
		name++;
	*line += end - *line;
	if (**line)
		*(*line)++ = '\0';
	return name;
}

/* ---- options ---------------------------------------------------------------- */

/*
 * Cuts the first word off *@line and returns it without the quotes and backslashes that GRUB adds;
 * NULL if there is none left.  Sets *@open if a quote in it has no end.
 */
static char *next_word(char **line, bool *open)
{
	char *at = *line, *word, *to;
	bool quoted = false;

	while (is_space(*at))
		at++;
	word = to = at;
	if (!*at)
		return NULL;
	for (; *at && (quoted || !is_space(*at)); at++) {
		if (*at == '"') {
			quoted = !quoted;
			continue;
		}
		if (*at == '\\' && at[1])
			at++;
		*to++ = *at;
	}
	*line = *at ? at + 1 : at;
	*to = '\0';
	*open = quoted;
	return word;
}

/* Cuts NAME=VALUE at the '=' and returns VALUE; NULL if there is no '='. */
static char *cut_value(char *word)
{
	char *equals = strchr(word, '=');

	if (!equals)
		return NULL;
	*equals = '\0';
	return equals + 1;
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
	if (option->kind == OPTION_FLAG_TEXT && !value)
		value = "";
	else if (!value || !*value)
		return false;
	switch (option->kind) {
	case OPTION_NUMBER:
		return set_number(option, value);
	case OPTION_CHOICE:
		return set_choice(option, value);
	default: /* OPTION_TEXT, OPTION_FLAG_TEXT */
		*option->text = value;
		return true;
	}
}

static void explain(const struct option *option, const char *value, char error[CMDLINE_ERROR_MAX])
{
	bool given = value && (*value || option->kind == OPTION_FLAG);
	const char *quote = given ? "'" : "";
	char shown[CMDLINE_ERROR_MAX];

	cmdline_show(given ? value : "nothing", shown, sizeof(shown));
	format(error, CMDLINE_ERROR_MAX, "option '%s' %s%s, got %s%s%s", option->name,
	       option->wanted ? "wants " : "takes no value", option->wanted ? option->wanted : "",
	       quote, shown, quote);
}

/* Writes a message about @word to @error; always false. */
static bool refuse(const char *message, const char *word, char error[CMDLINE_ERROR_MAX])
{
	char shown[CMDLINE_ERROR_MAX];

	cmdline_show(word, shown, sizeof(shown));
	format(error, CMDLINE_ERROR_MAX, "%s '%s'", message, shown);
	return false;
}

/* Parses one word, NAME or NAME=VALUE. */
static bool parse_word(char *word, const struct option *options, size_t count,
		       char error[CMDLINE_ERROR_MAX])
{
	const char *value = cut_value(word);
	const struct option *option = find_option(options, count, word, strlen(word));

	if (!option)
		return refuse("unknown option", word, error);
	if (set_option(option, value))
		return true;
	explain(option, value, error);
	return false;
}

/* Parses the words after a wrong one, too: they may say where its error is to be printed. */
static bool parse_words(char *line, const struct option *options, size_t count,
			char error[CMDLINE_ERROR_MAX])
{
	char later[CMDLINE_ERROR_MAX]; /* errors after the first one are not told */
	bool right = true, open;
	char *word;

	while ((word = next_word(&line, &open))) {
		char *message = right ? error : later;

		right &= open ? refuse(OPEN_QUOTE, word, message)
			      : parse_word(word, options, count, message);
	}
	return right;
}

/* The first control character of @line; the 0 at its end is one. */
static char *find_control(char *line)
{
	while (!is_control(*line))
		line++;
	return line;
}

bool cmdline_parse(char *line, const struct option *options, size_t count, const char **image,
		   char error[CMDLINE_ERROR_MAX])
{
	const char *start = line;
	char *end = find_control(line);
	const unsigned char control = (unsigned char)*end;
	bool parsed;

	*end = '\0';
	error[0] = '\0';
	if (image)
		*image = cut_name(&line, options, count);
	parsed = parse_words(line, options, count, error);
	if (!control)
		return parsed;
	/* The words before it are parsed: they may say where this error is to be printed. */
	format(error, CMDLINE_ERROR_MAX,
	       "command line: byte 0x%02x at offset %d, wanted no control characters", control,
	       (int)(end - start));
	return false;
}
