/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nothing scrolls, and nothing is read: this memory is not cached, and a read costs most.  So a
 * line of text costs only itself and a blank line.
 */
#include "lib/framebuffer.h"

#include "lib/font.h"
#include "x86/defs.h"
#include "x86/insn.h"

#define RGB     1 /* Multiboot 3.3, Multiboot2 3.6.12: framebuffer_type of direct colours */
#define ONE_MIB UINT64_C(0x100000)

/* EAX bits 0 to 7: the bits that a physical address has, 52 at most; APM3 E.4.7 */
#define CPUID_ADDRESS_SIZES 0x80000008

/* In pixels.  Each of the font's is two by two: on today's screens they are very small. */
#define CELL_WIDTH  (2 * FONT_COLUMNS)
#define CELL_HEIGHT (2 * FONT_LINES)

/* In any format of direct colours. */
#define WHITE UINT64_MAX
#define BLACK UINT64_C(0)

/* Two pixels, or more: draw() says why. */
struct pixels {
	uint64_t bytes;
} __attribute__((packed));

#define MARGIN 2 /* pixels, at least */

static struct {
	volatile uint8_t *memory;
	uint32_t pitch, pixel; /* bytes of a line of pixels, and of a pixel */
	unsigned columns, lines;
	unsigned column, line; /* of the next character */
} screen;

struct place {
	uint64_t at, size;
	bool in_memory;
};

/* Two ranges overlap if one begins in the other. */
static bool compare(const struct boot_region *region, void *arg)
{
	struct place *place = arg;

	if (region->type == BOOT_MEMORY_AVAILABLE &&
	    (region->base - place->at < place->size || place->at - region->base < region->length))
		place->in_memory = true;
	return true;
}

/* What the loader or we have in memory must not be overwritten, whatever the loader says. */
static bool is_safe(uint64_t at, uint64_t size)
{
	const unsigned bits = cpuid(CPUID_ADDRESS_SIZES, 0).eax & 0x3f;
	struct place place = {at, size, false};

	if (at < ONE_MIB || at >> bits || size > FRAMEBUFFER_MAX || (at + size - 1) >> bits)
		return false;
	return boot_each_region(compare, &place) && !place.in_memory;
}

uint64_t framebuffer_size(const struct boot_framebuffer *fb)
{
	const uint64_t size = (uint64_t)fb->pitch * fb->height;

	if (fb->type != RGB || fb->bits % 8 || fb->bits < 16 || fb->bits > 32)
		return 0;
	if (fb->width < CELL_WIDTH + MARGIN || fb->height < 2 * CELL_HEIGHT ||
	    fb->pitch < (uint64_t)fb->width * (fb->bits / 8))
		return 0;
	return is_safe(fb->address, size) ? size : 0;
}

/*
 * Two pixels are one store.  If they have less than eight bytes, it also hits what is right of
 * them, which comes next, or is the margin.
 */
static void draw(unsigned line, unsigned column, char c)
{
	uint8_t index = (uint8_t)(c - FONT_FIRST);
	const uint8_t *shape = font[index < FONT_CHARACTERS ? index : 0];
	volatile uint8_t *at = screen.memory + (size_t)line * CELL_HEIGHT * screen.pitch +
			       column * CELL_WIDTH * screen.pixel;

	for (unsigned y = 0; y < CELL_HEIGHT; y++, at += screen.pitch) {
		for (unsigned x = 0; x < FONT_COLUMNS; x++)
			((volatile struct pixels *)(at + 2 * x * screen.pixel))->bytes =
				shape[x] >> y / 2 & 1 ? WHITE : BLACK;
	}
}

static void blank(unsigned line)
{
	for (unsigned column = 0; column < screen.columns; column++)
		draw(line, column, ' ');
}

static void new_line(void)
{
	screen.column = 0;
	screen.line = (screen.line + 1) % screen.lines;
	blank((screen.line + 1) % screen.lines);
}

void framebuffer_init(volatile void *memory, const struct boot_framebuffer *fb)
{
	screen.memory = memory;
	screen.pitch = fb->pitch;
	screen.pixel = fb->bits / 8;
	screen.columns = (fb->width - MARGIN) / CELL_WIDTH;
	screen.lines = fb->height / CELL_HEIGHT;
	screen.column = 0;
	for (screen.line = screen.lines; screen.line > 0;)
		blank(--screen.line);
}

void framebuffer_write(const char *text, size_t n)
{
	for (; n--; text++) {
		if (*text == '\n' || screen.column == screen.columns)
			new_line();
		if (*text != '\n')
			draw(screen.line, screen.column++, *text);
	}
}
