# SPDX-License-Identifier: GPL-2.0-only
# make help lists the targets and the variables.

MAKEFLAGS += -rR
.SUFFIXES:
.DELETE_ON_ERROR:

# ---- the build directory ------------------------------------------------------

# As it was given: a $ in it is no variable.
override O := $(or $(value O),build)
override LINK_TO := $(if $(filter command line,$(origin LINK_TO)),$(value LINK_TO))

# One word for the shell.
quoted = '$(subst ','\'',$1)'

# Is that awkward as the name of a target?  make splits names at spaces, and most signs mean something to it.
ifneq ($(if $(LINK_TO),,$(shell LC_ALL=C; case $(call quoted,$O) in (-* | *[!A-Za-z0-9_./+@,-]*) echo awkward ;; esac)),)

# So all is made in the same directory by another name, a link's, that lives as long as this make.
GOALS := $(or $(MAKECMDGOALS),all)
.PHONY: $(GOALS) by-another-name
$(GOALS): by-another-name ; @:
by-another-name:
	@links=$${TMPDIR:-/tmp}; LC_ALL=C; \
	case $$links in [!/]* | *[!A-Za-z0-9_./+@,-]*) links=/tmp ;; esac; \
	mkdir -p -- $(call quoted,$O) && real=$$(CDPATH= cd -- $(call quoted,$O) && pwd -P) && \
	links=$$(mktemp -d "$$links/paraguest.XXXXXX") || exit; \
	trap 'rm -rf "$$links"' EXIT; trap 'exit 1' HUP INT TERM; \
	ln -s "$$real" "$$links/o" && $(MAKE) --no-print-directory O="$$links/o" LINK_TO="$$real" $(GOALS)

else

# ---- the environment ----------------------------------------------------------

# The same sources and tools make the same files, whoever calls.  PWD may name this directory by a link.
export LC_ALL := C
export PWD := $(CURDIR)
unexport CDPATH GREP_OPTIONS POSIXLY_CORRECT NASMENV LDEMULATION LD_RUN_PATH GNUTARGET
unexport DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES CCC_OVERRIDE_OPTIONS
# Hosted tests may have their libraries where these say; the images have nothing from there.
FREESTANDING := unset CPATH C_INCLUDE_PATH;

# ---- tools --------------------------------------------------------------------

# LLVM=1: LLVM's tools.  LLVM=-19: those whose names end so.  LLVM=/opt/llvm/bin/: those of that directory.
llvm = $(if $(findstring /,$(LLVM)),$(LLVM))$1$(if $(filter -%,$(LLVM)),$(LLVM))
# tool VARIABLE,GNU,LLVM: environment and command line go first; make's own default counts as none.
tool = $(if $(filter-out default undefined,$(origin $1)),$(if $($1),,$(eval override $1 := $2)),$(eval $1 := $2))
choose = $(call tool,$1,$(if $(filter-out 0,$(LLVM)),$(call llvm,$3),$(CROSS_COMPILE)$2))
$(call choose,CC,gcc,clang)
$(call choose,LD,ld,ld.lld)
$(call choose,NM,nm,llvm-nm)
$(call choose,OBJCOPY,objcopy,llvm-objcopy)
$(call choose,OBJDUMP,objdump,llvm-objdump)
$(call choose,STRIP,strip,llvm-strip)
$(call tool,NASM,nasm)
$(call tool,PROVE,prove)
# The hosted tests run here, wherever the images will.
there_is = $(shell command -v $1 2>/dev/null)
$(call tool,HOSTCC,$(if $(filter-out 0,$(LLVM)),$(call llvm,clang),$(if $(call there_is,gcc),gcc,cc)))
$(call tool,SANITIZE_CC,$(if $(call there_is,gcc),gcc,$(HOSTCC)))

# What runs with the tools of this make: the tests build, too.
TOOLS := CC HOSTCC SANITIZE_CC NASM LD NM OBJCOPY OBJDUMP STRIP $(if $(filter undefined,$(origin WERROR)),,WERROR)
WITH_TOOLS = MAKEFLAGS= MFLAGS= O=$(call quoted,$O) $(foreach t,$(TOOLS),$t=$(call quoted,$($t)))

V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' '$1' $(call quoted,$(if $(LINK_TO),$(subst $O,$(LINK_TO),$2),$2))
else
Q :=
say = @:
endif

# once NAME,TEXT: what TEXT is, found out when it is first wanted.
once = $(eval $1 := $2)$($1)
# probe COMPILER: "1" if it makes x86-64 code, "1" if it is clang, the versions that it has; or what it says.
probe = $(shell echo '__x86_64__ __clang__ __GNUC__ __clang_major__ __VERSION__' | { $1 -m64 -E -P -x c - || echo "(status $$?)"; } 2>&1)
kind = $(if $(filter 1,$(word 2,$1)),clang-$(word 4,$1),gcc-$(word 3,$1))
COMPILER = $(call once,COMPILER,$(call probe,$(CC)))
ASSEMBLER = $(call once,ASSEMBLER,$(shell { $(NASM) -v || echo "(status $$?)"; } 2>&1))
CLANG = $(filter clang-%,$(call kind,$(COMPILER)))

# With these nothing warns, so a warning is ours.  A user whose compiler is another, and warns of more,
# gets the images all the same.  WERROR=1 and WERROR=0 say so for all.
TRIED := gcc-12 gcc-14 clang-14 clang-19 nasm-2.16.01 nasm-2.16.03
strict = $(if $(filter undefined,$(origin WERROR)),$(filter $1,$(TRIED)),$(filter-out 0,$(WERROR)))
werror = $(if $(strict),-Werror)

WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition \
	-Wvla -Wshadow -Wpointer-arith -Wcast-qual -Wundef -Wwrite-strings
# clang's -Os unrolls and inlines: with it the guest is over its ceiling.
IMAGE_CFLAGS = -std=gnu11 $(if $(CLANG),-Oz --target=x86_64-linux-gnu,-Os) -g $(WARNINGS) \
	$(call werror,$(call kind,$(COMPILER))) -Isrc
# -mgeneral-regs-only: neither image may touch the SSE and x87 registers that the checks watch.  Without them
# nothing wants a stack that is aligned to 16 bytes.  That, and two things of gcc's that -Os leaves on, make
# code larger.
SMALLER = $(if $(CLANG),-mstack-alignment=8,-mpreferred-stack-boundary=3 -fno-thread-jumps -fno-move-loop-invariants)
BAREFLAGS = $(SMALLER) -m64 -march=x86-64 -ffreestanding -fno-builtin-printf -mgeneral-regs-only -mno-red-zone \
	-mcmodel=small -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-strict-aliasing \
	-ffunction-sections -fdata-sections $(call quoted,-ffile-prefix-map=$(CURDIR)=.)
OWN_CFLAGS := # those of one file
# The warnings that NASM has on are good; of the others these.  -w+all has more in each version of NASM.
IMAGE_NASMFLAGS = -f elf64 -g -F dwarf -w+label-redef -w+pragma-bad -w+pragma-unknown -w-unknown-warning \
	$(call werror,nasm-$(word 3,$(ASSEMBLER)))
IMAGE_LDFLAGS := -m elf_x86_64 -nostdlib -static -z max-page-size=4096 -z noexecstack --gc-sections \
	--build-id=none -T linker.ld

# ---- what each image is made of ---------------------------------------------

BOOT := $(sort $(wildcard boot/*.asm))
COMMON := $(BOOT) $(sort $(wildcard src/x86/*.c)) $(sort $(wildcard src/lib/*.c))
GUEST := $(COMMON) $(sort $(wildcard src/guest/*.c src/guest/*/*.c))
HOST := $(COMMON) $(sort $(wildcard src/host/*.c src/host/*/*.c)) $(sort $(wildcard src/host/*.asm))
ROGUE := $(COMMON) $(sort $(wildcard tests/guests/*.c))
BENCH := $(COMMON) $(patsubst %,src/guest/%.c,vcpu stray pages interact kvm2007/site kvm2007/call) tests/bench/setup.c

objects = $(patsubst %,$(O)/obj/%.o,$(basename $1))

IMAGES := $(O)/guest.elf $(O)/host.elf
TEST_IMAGES := $(O)/tests/rogue.elf $(O)/tests/exit.elf $(O)/tests/shim.elf $(O)/tests/calls.elf $(O)/tests/smp.elf

LONG := $(patsubst %,tests/%.t,faults smp machines build)
TESTS ?= $(LONG) $(filter-out $(LONG),$(sort $(wildcard tests/*.t)))

.PHONY: FORCE all images test-images iso run check fuzz soak bench coverage docs format clean help
all: images
images: $(IMAGES)
test-images: $(TEST_IMAGES)

$(O)/guest.elf: $(call objects,$(GUEST))
$(O)/host.elf: $(call objects,$(HOST))
$(O)/tests/rogue.elf: $(call objects,$(ROGUE))
$(O)/tests/calls.elf: $(call objects,$(BENCH) tests/bench/calls.c)
$(O)/tests/smp.elf: $(call objects,$(BENCH) tests/bench/smp.c)
$(O)/tests/exit.elf: $(call objects,tests/guests/exit.asm)
$(O)/tests/shim.elf: $(call objects,tests/guests/shim.asm)

# Ceilings that the linker holds: bytes of bss.
$(O)/guest.elf $(TEST_IMAGES): MAX_BSS := 128K
$(O)/host.elf: MAX_BSS := 256K

# Where each is loaded: the host above the default guest, so that an address is in one of them only.
$(O)/guest.elf $(TEST_IMAGES): BASE := 1M
$(O)/host.elf: BASE := 16M

# What all of it is made with: written anew if that changes, and then all is made anew.
MADE_WITH = $(CC) $(COMPILER) $(IMAGE_CFLAGS) $(BAREFLAGS) $(NASM) $(ASSEMBLER) $(IMAGE_NASMFLAGS) \
	$(LD) $(IMAGE_LDFLAGS)
say_no = $(error $1 (./run-qemu.sh --deps installs what is missing))
check_tools = $(if $(filter 1,$(wordlist 1,2,$(COMPILER))),,$(call say_no,CC='$(CC)' does not compile for x86-64; it \
	says: $(COMPILER)))$(if $(filter NASM,$(ASSEMBLER)),,$(call say_no,NASM='$(NASM)' is no NASM; it says: $(ASSEMBLER)))
remember = $(Q)mkdir -p $(@D); printf '%s\n' $(call quoted,$1) | cmp -s - $@ || printf '%s\n' $(call quoted,$1) >$@
$(O)/made-with: FORCE
	$(check_tools)$(call remember,$(MADE_WITH))

# Two makes may work in one directory: each writes files of its own, and moves them to their place when
# they are whole.  compile COMMAND: $< to $@, and what $@ depends on, whatever name O has the next time.
in_place = mv -f $$part $@ || { rm -f $$part*; exit 1; }
compile = $(Q)part=$@.$$$$; $1 -MMD -MP -MF $$part.deps -MT '$$(O)/$(@:$(O)/%=%)' -o $$part $< && \
	mv -f $$part.deps $(basename $@).d && $(in_place)

# What a CD or a USB stick holds; tests/run-bochs.sh boots it, too.
$(O)/paraguest.iso: $(IMAGES) boot/iso.sh boot/grub.cfg
	$(call say,ISO,$@)
	$(Q)STRIP=$(call quoted,$(STRIP)) boot/iso.sh $(O)/host.elf $(O)/guest.elf $@

# The listings beside an image are for people; nothing depends on them.
$(O)/%.elf: linker.ld $(O)/made-with
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)part=$@.$$$$; $(LD) $(IMAGE_LDFLAGS) --defsym=BASE=$(BASE) --defsym=MAX_BSS=$(MAX_BSS) -Map=$$part.map -o $$part \
		$(filter %.o,$^) && mv -f $$part.map $(@:.elf=.map) && $(in_place)
	$(Q)part=$(@:.elf=.asm.$$$$); $(OBJDUMP) -d -M intel $@ >$$part && mv -f $$part $(@:.elf=.asm)
	$(Q)part=$(@:.elf=.sym.$$$$); $(NM) -n $@ >$$part && mv -f $$part $(@:.elf=.sym)

$(O)/obj/%.o: %.c $(O)/made-with
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(call compile,$(FREESTANDING) $(CC) $(IMAGE_CFLAGS) $(BAREFLAGS) $(OWN_CFLAGS) -c)

# What the images call themselves.  Written at each call of make, but only if it is another: so what it is
# part of is made again after a commit, and not otherwise.
$(O)/version: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)src/lib/version.sh >$@.$$$$ || exit; cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@

$(O)/obj/src/lib/version.o: $(O)/version
$(O)/obj/src/lib/version.o: private OWN_CFLAGS = -DPARAGUEST_VERSION='"$(shell cat $(O)/version)"'

FORCE:

# A hypercall's way through the host is measured by its speed, all else by its size.
$(patsubst %,$(O)/obj/src/host/%.o,svm vmx): private OWN_CFLAGS := -O2

# NASM's -MD leaves out %included files: both stand here.  NASM has no -ffile-prefix-map:
# it writes down the directory where its input really is, unless that has no name any more.  So it reads
# a deleted file, which %line names.
$(O)/obj/%.o: %.asm boot/regs.inc $(O)/asm-offsets.inc $(O)/made-with
	$(call say,NASM,$@)
	$(Q)mkdir -p $(@D)
	$(Q)part=$@.$$$$; { echo '%line 0+1 $<' && cat $<; } >$$part.asm && exec 3<$$part.asm && rm $$part.asm && \
		$(NASM) $(IMAGE_NASMFLAGS) -I$(O)/ -o $$part /dev/fd/3 && $(in_place)

$(O)/asm-offsets.s: boot/asm-offsets.c $(O)/made-with
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(call compile,$(FREESTANDING) $(CC) $(IMAGE_CFLAGS) $(BAREFLAGS) -S)

$(O)/asm-offsets.inc: $(O)/asm-offsets.s
	$(Q)part=$@.$$$$; \
		sed -n 's/.*"->\([A-Z0-9_]*\) \(-\{0,1\}[0-9]*\)".*/\1 equ \2/p' $< >$$part && $(in_place)

include tests/unit/unit.mk

# With the slash find goes into a link, too.
-include $(shell [ ! -d $(O) ] || find $(O)/ -name '*.d')

# ---- what people call --------------------------------------------------------

iso: $(O)/paraguest.iso ## build the ISO, which GRUB boots from a CD or a USB stick

run: images ## run the guest on the reference host
	$(Q)$(WITH_TOOLS) ./run-qemu.sh

# The images first, and once: the tests would all build them at the same time.  Then as many tests side by side
# as there are processors, the longest ones first.
SEEDS ?= 100
FIRST ?= 1
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
check: images test-images unit ## run all tests (TESTS=tests/NAME.t: only that)
	$(Q)$(WITH_TOOLS) $(PROVE) --jobs $(JOBS) --timer --failures $(TESTS)

fuzz: images test-images ## run the fuzz guest with SEEDS seeds (100) on each engine
	$(Q)for smp in 1 4; do for engine in qemu bochs-amd bochs-intel; do \
		$(WITH_TOOLS) tests/fuzz.sh --engine=$$engine --smp=$$smp $(FIRST) $(SEEDS) || failed=1; \
	done; done; [ -z "$$failed" ]

soak: images ## 200 runs on four vCPUs, on a busy machine
	$(Q)$(WITH_TOOLS) tests/soak.sh

bench: images test-images ## what the images cost, against their targets
	$(Q)$(WITH_TOOLS) perl tests/bench/bench.pl

coverage: images ## which checks and faults there are for each rule
	$(Q)$(WITH_TOOLS) tests/coverage.sh

docs: images ## write the table of rules, checks and faults into docs/
	$(Q)$(WITH_TOOLS) tests/coverage.sh --document >$(O)/abi-kvm2007.md
	$(Q)cmp -s $(O)/abi-kvm2007.md docs/abi-kvm2007.md || cp $(O)/abi-kvm2007.md docs/abi-kvm2007.md

format: ## format the C sources, with clang-format 14
	$(Q)clang-format --version | grep -q ' 14\.' || { echo 'clang-format 14 is wanted; here is:' >&2; \
		clang-format --version >&2; exit 1; }
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

clean: ## remove the build directory
	$(Q)rm -rf -- $(call quoted,$(or $(LINK_TO),$(O)))

help: ## this list
	@echo 'make              build guest.elf and host.elf'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1 \2/p' Makefile | \
		while read -r make target text; do printf '%s %-12s %s\n' "$$make" "$$target" "$$text"; done
	@echo 'Variables, of make and of the environment: O=dir (build directory, default build); V=1 (show commands);'
	@echo 'CC, NASM, LD, NM, OBJDUMP, STRIP: the tools for the images; CROSS_COMPILE=x86_64-linux-gnu-: what their'
	@echo 'names begin with; LLVM=1: clang, ld.lld and the like, LLVM=-19: clang-19, ...; HOSTCC: the compiler for'
	@echo 'the hosted tests, SANITIZE_CC: with sanitizers; WERROR=0: no warning is an error, WERROR=1: each is.'

endif
