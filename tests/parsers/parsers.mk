# SPDX-License-Identifier: GPL-2.0-only
# Included by the Makefile: libFuzzer's targets, for what reads bytes that others wrote.

FUZZ_CC ?= clang
FUZZ_SANITIZE := -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
PARSERS := options boot boot_memory framebuffer loader printf mov_decode
SECONDS_EACH ?= 600

parser_options := $(patsubst %,src/%.c,guest/options host/config lib/cmdline lib/number lib/printf)
parser_boot := src/lib/boot.c
parser_boot_memory := src/lib/boot_memory.c src/lib/printf.c
parser_framebuffer := src/lib/framebuffer.c src/lib/font.c
parser_loader := src/host/loader.c src/host/guest_memory.c src/lib/printf.c
parser_printf := src/lib/printf.c
parser_mov_decode := src/host/mov_decode.c src/host/guest_memory.c

# clang may be there without libFuzzer, which is its runtime's package; parsers.t then says so.
.PHONY: parsers fuzz-parsers
parsers: $(PARSERS:%=$(O)/parsers/%)
$(foreach p,$(PARSERS),$(eval $(O)/parsers/$p: $(parser_$p)))
$(O)/parsers/%: tests/parsers/%.c tests/parsers/parser.h $(wildcard src/*/*.h)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)part=$@.$$$$; $(FUZZ_CC) -std=gnu11 -g -Wall -Wextra -Isrc -Itests/parsers $(FUZZ_SANITIZE) \
		-o $$part $(filter %.c,$^) && $(in_place)

fuzz-parsers: parsers ## look for findings in the parsers (SECONDS_EACH=600)
	$(Q)tests/fuzz-parsers.sh $(call quoted,$O) $(SECONDS_EACH) $(PARSERS)
