# SPDX-License-Identifier: GPL-2.0-only
# Included by the Makefile: the hosted tests, each built twice, without and with sanitizers.

SANITIZE := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# unit_flags COMPILER
unit_flags = -std=gnu11 -g $(WARNINGS) $(call werror,$(call kind,$(call probe,$1))) -Isrc
UNIT_CFLAGS = $(call once,UNIT_CFLAGS,$(call unit_flags,$(HOSTCC)))
ASAN_CFLAGS = $(call once,ASAN_CFLAGS,$(call unit_flags,$(SANITIZE_CC)))

# What each test links besides itself.  Only string.c's own test links string.c: others have libc.
unit_boot := src/lib/boot.c
unit_boot_memory := src/lib/boot_memory.c src/lib/printf.c
unit_cmdline := src/lib/cmdline.c src/lib/number.c src/lib/printf.c
unit_config := src/host/config.c src/lib/cmdline.c src/lib/number.c src/lib/printf.c
unit_exit := src/lib/exit.c
unit_exits := src/host/exits.c
unit_framebuffer := src/lib/framebuffer.c src/lib/font.c tests/unit/fake_cpu.c
unit_guest_memory := src/host/guest_memory.c
unit_hooks := src/host/hooks.c
unit_kvm2007 := $(wildcard src/host/*/*.c) \
	$(patsubst %,src/host/%.c,abi echo guest_memory hooks nested_paging sites) \
	src/lib/list.c src/x86/deadline.c
unit_kvm2007_faults := $(unit_kvm2007)
unit_kvm := $(unit_kvm2007)
unit_lapic := src/host/lapic.c
unit_layout := src/host/layout.c src/lib/boot_memory.c src/lib/printf.c
unit_list := src/lib/list.c
unit_loader := src/host/loader.c src/host/guest_memory.c src/lib/printf.c
unit_mov_decode := src/host/mov_decode.c
unit_nested_paging := src/host/nested_paging.c src/host/guest_memory.c
unit_options := src/guest/options.c src/lib/cmdline.c src/lib/number.c src/lib/printf.c
unit_passthrough := src/host/passthrough.c src/host/hooks.c
unit_pci := src/lib/pci.c
unit_pci_uart := src/host/pci_uart.c src/lib/pci.c
unit_printf := src/lib/printf.c
unit_serial := src/lib/serial.c
unit_site := src/guest/kvm2007/site.c src/guest/vendor.c
unit_string := src/lib/string.c
unit_svm := $(patsubst %,src/host/%.c,svm svm_flip passthrough hooks) tests/unit/fake_cpu.c
unit_tap := src/lib/tap.c src/lib/print.c src/lib/printf.c
unit_timer := src/x86/timer.c
unit_vapic := $(patsubst %,src/host/%.c,vapic kvm/pv_eoi guest_memory)
unit_vcpus := src/host/vcpus.c src/host/ipi.c
unit_vga := src/lib/vga.c
unit_vmx := $(patsubst %,src/host/%.c,vmx vmx_setup exits cpuid passthrough hooks) \
	tests/unit/fake_cpu.c

UNIT_TESTS := $(patsubst tests/unit/test_%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_PLAIN := $(UNIT_TESTS:%=$(O)/unit/test_%)
UNIT_ASAN := $(UNIT_TESTS:%=$(O)/unit-asan/test_%)

# A compiler may lack its sanitizers' libraries: then unit.t says that it skips these tests.  gcc 12
# leaves files in a TMPDIR with special characters, so it gets another.
sanitizers = $(shell mkdir -p $(O)/unit-asan && echo 'int main(void) { return 0; }' | \
	TMPDIR=$(O)/unit-asan $(SANITIZE_CC) $(SANITIZE) -x c - -o $(O)/unit-asan/probe \
		>$(O)/unit-asan/probe.log 2>&1 && echo there)
.PHONY: unit
.SECONDEXPANSION:
unit: $(UNIT_PLAIN) $(O)/unit/obj/string-image.o \
	$$(if $$(sanitizers),$$(UNIT_ASAN),$(O)/unit-asan/unavailable)
$(O)/unit-asan/unavailable: FORCE
	$(Q)echo "$(SANITIZE_CC) cannot link with sanitizers" >$@

# $1: unit or unit-asan, $2: the test
unit_objects = $(patsubst %.c,$(O)/$1/obj/%.o,tests/unit/test_$2.c $(unit_$2))
objects_of = $(foreach f,$1,$(O)/unit/obj/$f.o $(O)/unit-asan/obj/$f.o)
$(foreach t,$(UNIT_TESTS),$(eval $(O)/unit/test_$t: $(call unit_objects,unit,$t)))
$(foreach t,$(UNIT_TESTS),$(eval $(O)/unit-asan/test_$t: $(call unit_objects,unit-asan,$t)))

$(O)/unit/made-with: FORCE
	$(call remember,$(HOSTCC) $(UNIT_CFLAGS))
$(O)/unit-asan/made-with: FORCE
	$(call remember,$(SANITIZE_CC) $(ASAN_CFLAGS) $(SANITIZE))
	$(Q)rm -f $(O)/unit-asan/unavailable

$(UNIT_PLAIN):
	$(call say,LD,$@)
	$(Q)part=$@.$$$$; $(HOSTCC) $(UNIT_LDFLAGS) -o $$part $^ -lcmocka && $(in_place)

$(UNIT_ASAN):
	$(call say,LD,$@)
	$(Q)part=$@.$$$$; $(SANITIZE_CC) $(SANITIZE) $(UNIT_LDFLAGS) -o $$part $^ -lcmocka && \
		$(in_place)

UNIT_INCLUDE :=
UNIT_LDFLAGS :=
$(call objects_of,src/lib/string): private UNIT_INCLUDE := -include tests/unit/rename.h
$(call objects_of,src/guest/vendor src/guest/kvm2007/site src/lib/framebuffer \
	$(addprefix src/host/,svm svm_flip vmx vmx_setup exits cpuid ipi lapic vcpus)): \
	private UNIT_INCLUDE := -include tests/unit/fake_cpu.h
$(call objects_of,$(basename $(wildcard src/host/kvm/*.c)) src/x86/deadline): \
	private UNIT_INCLUDE := -include tests/unit/fake_tsc.h
$(call objects_of,$(addprefix src/lib/,serial pci exit) src/x86/timer): \
	private UNIT_INCLUDE := -include tests/unit/fake_ports.h

# This test has second_start, an absolute symbol as in linker.ld: a PIE would relocate it.
$(call objects_of,src/host/layout tests/unit/test_layout): private UNIT_INCLUDE := -fno-pie
$(O)/unit/test_layout $(O)/unit-asan/test_layout: private UNIT_LDFLAGS := -no-pie

$(O)/unit/obj/%.o: %.c $(O)/unit/made-with
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(call compile,$(HOSTCC) -O2 $(UNIT_CFLAGS) $(UNIT_INCLUDE) -c)

$(O)/unit-asan/obj/%.o: %.c $(O)/unit-asan/made-with
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(call compile,$(SANITIZE_CC) $(SANITIZE) $(ASAN_CFLAGS) $(UNIT_INCLUDE) -c)

# Compiled as for the images, with other names: unit.t looks at its undefined symbols.
$(O)/unit/obj/string-image.o: src/lib/string.c $(O)/made-with
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(call compile,$(FREESTANDING) $(CC) $(IMAGE_CFLAGS) $(BAREFLAGS) \
		-include tests/unit/rename.h -c)
