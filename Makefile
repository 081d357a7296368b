# SPDX-License-Identifier: GPL-2.0-only
# make help lists the targets and the variables.

MAKEFLAGS += -rR
.SUFFIXES:
.DELETE_ON_ERROR:

O ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
CC ?= gcc
NASM ?= nasm
LD := ld
OBJCOPY := objcopy
OBJDUMP := objdump
NM := nm
PROVE ?= prove

V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' '$1' '$2'
else
Q :=
say = @:
endif

WARNINGS := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition \
	-Wvla -Wshadow -Wpointer-arith -Wcast-qual -Wundef -Wwrite-strings
# clang's -Os unrolls and inlines: with it the guest is over its ceiling.
SMALL := $(if $(findstring clang,$(CC)),-Oz,-Os)
CFLAGS := -std=gnu11 $(SMALL) -g $(WARNINGS) -Isrc -Itests/host
# -mgeneral-regs-only: neither image may touch the SSE and x87 registers that the checks watch.
BAREFLAGS := -m64 -march=x86-64 -ffreestanding -fno-builtin-printf -mgeneral-regs-only -mno-red-zone \
	-mcmodel=small -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-strict-aliasing \
	-ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=.
NASMFLAGS := -f elf64 -g -F dwarf -w+all -w-unknown-warning -Werror
LDFLAGS := -nostdlib -static -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments --gc-sections \
	--build-id=none -T linker.ld

# ---- what each image is made of ---------------------------------------------

BOOT := $(wildcard boot/*.asm)
COMMON := $(BOOT) $(wildcard src/x86/*.c) $(wildcard src/lib/*.c)
GUEST := $(COMMON) $(filter-out src/asm-offsets.c,$(wildcard src/*.c)) $(wildcard src/cases/*.c)
HOST := $(COMMON) $(wildcard tests/host/*.c) $(wildcard tests/host/*.asm)
ROGUE := $(COMMON) $(wildcard tests/guests/*.c)
BENCH := $(COMMON) src/para.c src/para_calls.c tests/bench/setup.c

objects = $(patsubst %,$(O)/obj/%.o,$(basename $1))

IMAGES := $(O)/guest.elf $(O)/host.elf
TEST_IMAGES := $(O)/tests/rogue.elf $(O)/tests/exit.elf $(O)/tests/calls.elf $(O)/tests/smp.elf

TESTS ?= $(sort $(wildcard tests/*.t))

.PHONY: FORCE all images test-images iso run check soak bench coverage format clean help
all: images
images: $(IMAGES)
test-images: $(TEST_IMAGES)

$(O)/guest.elf: $(call objects,$(GUEST))
$(O)/host.elf: $(call objects,$(HOST))
$(O)/tests/rogue.elf: $(call objects,$(ROGUE))
$(O)/tests/calls.elf: $(call objects,$(BENCH) tests/bench/calls.c)
$(O)/tests/smp.elf: $(call objects,$(BENCH) tests/bench/smp.c)
$(O)/tests/exit.elf: $(call objects,tests/guests/exit.asm)

# Ceilings that the linker holds: bytes of bss.
$(O)/guest.elf $(TEST_IMAGES): MAX_BSS := 128K
$(O)/host.elf: MAX_BSS := 256K

# What a CD or a USB stick holds; tests/run-bochs.sh boots it, too.
$(O)/paraguest.iso: $(IMAGES) boot/iso.sh boot/grub.cfg
	$(call say,ISO,$@)
	$(Q)boot/iso.sh $(O)/host.elf $(O)/guest.elf $@

# The listings beside an image are for people; nothing depends on them.
$(O)/%.elf: linker.ld
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(LD) $(LDFLAGS) --defsym=MAX_BSS=$(MAX_BSS) -Map=$(@:.elf=.map) -o $@ $(filter %.o,$^)
	$(Q)$(OBJDUMP) -d -M intel $@ >$(@:.elf=.asm)
	$(Q)$(NM) -n $@ >$(@:.elf=.sym)

$(O)/obj/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(BAREFLAGS) -MMD -MP -c -o $@ $<

# What the images call themselves.  Written at each call of make, but only if it is another: so what it is
# part of is made again after a commit, and not otherwise.
$(O)/version: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)src/version.sh >$@.new
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(O)/obj/src/lib/version.o: $(O)/version
$(O)/obj/src/lib/version.o: CFLAGS += -DPARAGUEST_VERSION='"$(shell cat $(O)/version)"'

FORCE:

# A hypercall's way through the host is measured by its speed, all else by its size.
$(patsubst %,$(O)/obj/tests/host/%.o,svm vmx para_host): CFLAGS += -O2

# NASM's -MD leaves out %included files: the one that there is stands here.  NASM has no -ffile-prefix-map:
# it writes down the directory where its input really is, unless that has no name any more.  So it reads
# a deleted file, which %line names.
$(O)/obj/%.o: %.asm $(O)/asm-offsets.inc
	$(call say,NASM,$@)
	$(Q)mkdir -p $(@D)
	$(Q){ echo '%line 0+1 $<' && cat $<; } >$@.asm
	$(Q)exec 3<$@.asm && rm $@.asm && $(NASM) $(NASMFLAGS) -I$(O)/ -o $@ /dev/fd/3

$(O)/asm-offsets.inc: src/asm-offsets.c
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(BAREFLAGS) -MMD -MP -MT $@ -MF $(@:.inc=.d) -S -o $(@:.inc=.s) $<
	$(Q)sed -n 's/.*"->\([A-Z0-9_]*\) \(-\{0,1\}[0-9]*\)".*/\1 equ \2/p' $(@:.inc=.s) >$@

include tests/unit/unit.mk

-include $(shell [ ! -d $(O) ] || find $(O) -name '*.d')

# ---- what people call --------------------------------------------------------

iso: $(O)/paraguest.iso ## build the ISO, which GRUB boots from a CD or a USB stick

run: images ## run the guest on the reference host
	$(Q)./run-qemu.sh

# The images first, and once: the tests would all build them at the same time.
check: images test-images unit ## run all tests (TESTS=tests/NAME.t: only that)
	$(Q)O=$(O) CC=$(CC) $(PROVE) --timer --failures $(TESTS)

soak: images ## 200 runs on four vCPUs, on a busy machine
	$(Q)O=$(O) tests/soak.sh

bench: images test-images ## what the images cost, against their targets
	$(Q)O=$(O) perl tests/bench/bench.pl

coverage: images ## which checks and faults there are for each rule
	$(Q)O=$(O) tests/coverage.sh

format: ## format the C sources
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

clean: ## remove the build directory
	$(Q)rm -rf $(O)

help: ## this list
	@echo 'make              build $(O)/guest.elf and $(O)/host.elf'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1 \2/p' Makefile | \
		while read -r make target text; do printf '%s %-12s %s\n' "$$make" "$$target" "$$text"; done
	@echo 'Variables: O=dir (build directory), CC=clang, V=1 (show commands), TESTS=...'
