# SPDX-License-Identifier: GPL-2.0-only
# make help lists the targets and the variables.

MAKEFLAGS += -rR
.SUFFIXES:
.DELETE_ON_ERROR:

# ---- the build directory ------------------------------------------------------

# As it was given: make must not expand a $ in it.
override O := $(or $(value O),build)
override LINK_TO := $(if $(filter command line,$(origin LINK_TO)),$(value LINK_TO))

# TEXT as one word for the shell.
quoted = '$(subst ','\'',$1)'

# Not empty if O cannot be part of a target's name: make splits names at spaces, and most special
# characters have a meaning.
awkward := $(if $(LINK_TO),,$(shell LC_ALL=C; case $(call quoted,$O) in \
	(-* | *[!A-Za-z0-9_./+@,-]*) echo awkward ;; esac))
ifneq ($(awkward),)

# Then another make builds in the same directory, by the name of a link that exists meanwhile.
GOALS := $(or $(MAKECMDGOALS),all)
.PHONY: $(GOALS) by-another-name
$(GOALS): by-another-name ; @:
by-another-name:
	@links=$${TMPDIR:-/tmp}; LC_ALL=C; \
	case $$links in [!/]* | *[!A-Za-z0-9_./+@,-]*) links=/tmp ;; esac; \
	mkdir -p -- $(call quoted,$O) && real=$$(CDPATH= cd -- $(call quoted,$O) && pwd -P) && \
	links=$$(mktemp -d "$$links/paraguest.XXXXXX") || exit; \
	trap 'rm -rf "$$links"' EXIT; trap 'exit 1' HUP INT TERM; \
	ln -s "$$real" "$$links/o" && \
	$(MAKE) --no-print-directory O="$$links/o" LINK_TO="$$real" $(GOALS)

else

# ---- the environment ----------------------------------------------------------

# The same sources and tools make the same files, whoever calls.  The caller's PWD may be a link.
export LC_ALL := C
export PWD := $(CURDIR)
unexport CDPATH GREP_OPTIONS POSIXLY_CORRECT NASMENV LDEMULATION LD_RUN_PATH GNUTARGET
unexport DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES CCC_OVERRIDE_OPTIONS
# For the images; the hosted tests may find their libraries by these.
FREESTANDING := unset CPATH C_INCLUDE_PATH;

# ---- tools --------------------------------------------------------------------

# LLVM=1: LLVM's tools.  LLVM=-19: the tools with this suffix.  LLVM=/opt/llvm/bin/: the tools
# there.
llvm = $(if $(findstring /,$(LLVM)),$(LLVM))$1$(if $(filter -%,$(LLVM)),$(LLVM))
# tool VARIABLE,DEFAULT: sets it unless environment or command line do; make's own default is
# ignored.
tool = $(if $(filter-out default undefined,$(origin $1)),\
	$(if $($1),,$(eval override $1 := $2)),$(eval $1 := $2))
# choose VARIABLE,GNU,LLVM
choose = $(call tool,$1,$(if $(filter-out 0,$(LLVM)),$(call llvm,$3),$(CROSS_COMPILE)$2))
$(call choose,CC,gcc,clang)
$(call choose,LD,ld,ld.lld)
$(call choose,NM,nm,llvm-nm)
$(call choose,OBJCOPY,objcopy,llvm-objcopy)
$(call choose,OBJDUMP,objdump,llvm-objdump)
$(call choose,STRIP,strip,llvm-strip)
$(call tool,NASM,nasm)
$(call tool,PROVE,prove)
# For the hosted tests, which run on this machine.
there_is = $(shell command -v $1 2>/dev/null)
gcc_or_cc = $(if $(call there_is,gcc),gcc,cc)
$(call tool,HOSTCC,$(if $(filter-out 0,$(LLVM)),$(call llvm,clang),$(gcc_or_cc)))
$(call tool,SANITIZE_CC,$(if $(call there_is,gcc),gcc,$(HOSTCC)))

# For commands that build something themselves, with the same tools.
TOOLS := CC HOSTCC SANITIZE_CC NASM LD NM OBJCOPY OBJDUMP STRIP \
	$(if $(filter undefined,$(origin WERROR)),,WERROR)
WITH_TOOLS = MAKEFLAGS= MFLAGS= O=$(call quoted,$O) $(foreach t,$(TOOLS),$t=$(call quoted,$($t)))

V ?= 0
ifeq ($(V),0)
Q := @
say = $(info $(empty)  $1 $(if $(LINK_TO),$(subst $O,$(LINK_TO),$2),$2))
else
Q :=
say :=
endif

# once NAME,TEXT: the value of TEXT, expanded when it is first used.
once = $(eval $1 := $2)$($1)
# probe COMPILER: "1" if it makes x86-64 code, "1" if it is clang, its versions; or its error
# message.
probe = $(shell echo '__x86_64__ __clang__ __GNUC__ __clang_major__ __VERSION__' | \
	{ $1 -m64 -E -P -x c - || echo "(status $$?)"; } 2>&1)
kind = $(if $(filter 1,$(word 2,$1)),clang-$(word 4,$1),gcc-$(word 3,$1))
COMPILER = $(call once,COMPILER,$(call probe,$(CC)))
ASSEMBLER = $(call once,ASSEMBLER,$(shell { $(NASM) -v || echo "(status $$?)"; } 2>&1))
CLANG = $(filter clang-%,$(call kind,$(COMPILER)))

# Tried, and without warnings: so with these a warning is an error.  Other versions may warn of
# more, and make the images all the same.  WERROR=1 and WERROR=0 decide for all.
TRIED := gcc-12 gcc-14 clang-14 clang-19 nasm-2.16.01 nasm-2.16.03
strict = $(if $(filter undefined,$(origin WERROR)),$(filter $1,$(TRIED)),$(filter-out 0,$(WERROR)))
werror = $(if $(strict),-Werror)

WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition \
	-Wvla -Wshadow -Wpointer-arith -Wcast-qual -Wundef -Wwrite-strings
# The images have to be small.  Some optimisations of gcc's -Oz make this code larger all the same.
OPTIMISE = -Oz $(if $(CLANG),,-fno-caller-saves -fno-forward-propagate -fno-inline-small-functions \
	-fno-move-loop-invariants -fno-optimize-sibling-calls -fno-thread-jumps -fno-tree-tail-merge)
IMAGE_CFLAGS = -std=gnu11 $(if $(CLANG),--target=x86_64-linux-gnu) $(OPTIMISE) -g $(WARNINGS) \
	$(call werror,$(call kind,$(COMPILER))) -Isrc
# -mgeneral-regs-only: the images must not touch the SSE and x87 registers that the checks watch.
# Without these, nothing needs a stack aligned to 16 bytes, or data to 32.
ALIGNMENT = $(if $(CLANG),-mstack-alignment=8,-mpreferred-stack-boundary=3 -malign-data=abi)
# Keeps the sources' directory out of the debug information.  clang splits -ffile-prefix-map at its
# first =, which may be part of the directory's name.
NAMELESS = $(if $(CLANG),-fdebug-compilation-dir=.,$(call quoted,-ffile-prefix-map=$(CURDIR)=.))
BAREFLAGS = $(ALIGNMENT) -m64 -march=x86-64 -ffreestanding -fno-builtin-printf -mgeneral-regs-only \
	-mno-red-zone -mcmodel=small -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-strict-aliasing \
	-ffunction-sections -fdata-sections $(NAMELESS)
OWN_CFLAGS := # set for single files
# NASM's default warnings and these; -w+all would have more with each version.
NASM_WARNINGS = -w+label-redef -w+pragma-bad -w+pragma-unknown -w-unknown-warning \
	$(call werror,nasm-$(word 3,$(ASSEMBLER)))
IMAGE_NASMFLAGS = -f elf64 -g -F dwarf $(NASM_WARNINGS)
IMAGE_LDFLAGS := -m elf_x86_64 -nostdlib -static -z max-page-size=4096 -z noexecstack \
	--gc-sections --build-id=none -T linker.ld

# ---- what each image is made of ---------------------------------------------

BOOT := $(filter-out boot/rom.asm,$(sort $(wildcard boot/*.asm)))
COMMON := $(BOOT) $(sort $(wildcard src/x86/*.c)) $(sort $(wildcard src/lib/*.c))
GUEST := $(COMMON) $(sort $(wildcard src/guest/*.c src/guest/*/*.c))
HOST := $(COMMON) $(sort $(wildcard src/host/*.c src/host/*/*.c)) $(sort $(wildcard src/host/*.asm))
ROGUE := $(COMMON) $(sort $(wildcard tests/guests/*.c))
CALLERS := $(COMMON) $(patsubst %,src/guest/%.c,vcpu stray watchdog pages interact)
BENCH := $(CALLERS) tests/bench/setup.c \
	$(patsubst %,src/guest/%.c,vendor kvm2007/site kvm2007/call)

ABIS := $(patsubst src/abi/%.h,%,$(sort $(wildcard src/abi/*.h)))

objects = $(patsubst %,$(O)/obj/%.o,$(basename $1))

# Whose directories are made at once, before all else: a process for each of them takes its time.
OBJECTS := $(call objects,$(GUEST) $(HOST) $(ROGUE) $(BENCH) tests/guests/watchdog/main.c)

IMAGES := $(O)/guest.elf $(O)/host.elf
# gdb finds its commands by these names.  commands.py uses what is before it.
GDB_SCRIPTS := $(IMAGES:=-gdb.py)
GDB_SOURCES := $(patsubst %,src/gdb/%.py,memory calls state printers commands)
TEST_IMAGES := $(patsubst %,$(O)/tests/%.elf,rogue watchdog exit shim calls smp bare exits)

# The tests that take the most processor time, which start first.
LONG := $(patsubst %,tests/%.t,faults smp stock-kvm hostile kvm fuzz vmm alone build screen \
	environment)
TESTS ?= $(LONG) $(filter-out $(LONG),$(sort $(wildcard tests/*.t)))

# The tests that see how the images boot.
BOOTS := boot iso bochs vmm stock-kvm

.PHONY: FORCE all images test-images iso run check fuzz fuzz-judge mutate soak stock bench \
	coverage docs boots format lint clean help
all: images
images: $(IMAGES) $(O)/rom.bin $(GDB_SCRIPTS)
test-images: $(TEST_IMAGES)

$(O)/guest.elf: $(call objects,$(GUEST))
$(O)/host.elf: $(call objects,$(HOST))
$(O)/tests/rogue.elf: $(call objects,$(ROGUE))
$(O)/tests/watchdog.elf: $(call objects,$(CALLERS) tests/guests/watchdog/main.c)
$(O)/tests/calls.elf: $(call objects,$(BENCH) tests/bench/calls.c)
$(O)/tests/smp.elf: $(call objects,$(BENCH) $(patsubst %,tests/bench/%.c,parallel smp))
$(O)/tests/bare.elf: $(call objects,$(BENCH) $(patsubst %,tests/bench/%.c,parallel bare))
$(O)/tests/exits.elf: $(call objects,$(BENCH) tests/bench/exits.c)
$(O)/tests/exit.elf: $(call objects,tests/guests/exit.asm)
$(O)/tests/shim.elf: $(call objects,tests/guests/shim.asm)

# The largest bss; the linker checks it.
$(O)/guest.elf $(TEST_IMAGES): MAX_BSS := 160K
$(O)/host.elf: MAX_BSS := 256K

# Where each is loaded: the host above a guest of default size, so that an address is in only one.
$(O)/guest.elf $(TEST_IMAGES): LOADED_AT := 1M
$(O)/host.elf: LOADED_AT := 16M

# The tools and their options.  If these change, the file is written, and all is built again.
MADE_WITH = $(CC) $(COMPILER) $(IMAGE_CFLAGS) $(BAREFLAGS) $(NASM) $(ASSEMBLER) $(IMAGE_NASMFLAGS) \
	$(LD) $(IMAGE_LDFLAGS)
say_no = $(error $1 (./run-qemu.sh --deps installs what is missing))
check_tools = $(if $(filter 1,$(wordlist 1,2,$(COMPILER))),,\
	$(call say_no,CC='$(CC)' does not compile for x86-64; it says: $(COMPILER)))$(if \
	$(filter NASM,$(ASSEMBLER)),,\
	$(call say_no,NASM='$(NASM)' is no NASM; it says: $(ASSEMBLER)))
remember = $(Q)mkdir -p $(@D); printf '%s\n' $(call quoted,$1) | cmp -s - $@ || \
	printf '%s\n' $(call quoted,$1) >$@
$(O)/made-with: FORCE
	$(check_tools)$(Q)mkdir -p $(sort $(dir $(OBJECTS)))
	$(call remember,$(MADE_WITH))

# Two makes may work in one directory: each writes files with names of its own, and renames them
# when they are complete.  compile COMMAND: makes $@ of $<, and the file of $@'s dependencies, in
# which O is a variable: it may have another name next time.
in_place = mv -f $$part $@ || { rm -f $$part*; exit 1; }
compile = $(Q)part=$@.$$$$; $1 -MMD -MP -MF $$part.deps -MT '$$(O)/$(@:$(O)/%=%)' -o $$part $< && \
	mv -f $$part.deps $(basename $@).d && $(in_place)

# For Bochs: src/runner/rom.pl puts the images before it.
$(O)/rom.bin: boot/rom.asm $(O)/made-with
	$(call say,NASM,$@)
	$(Q)part=$@.$$$$; $(NASM) -f bin $(NASM_WARNINGS) -o $$part $< && $(in_place)

# For CDs and USB sticks.
$(O)/paraguest.iso: $(IMAGES) boot/iso.sh boot/grub.cfg
	$(call say,ISO,$@)
	$(Q)STRIP=$(call quoted,$(STRIP)) boot/iso.sh $(O)/host.elf $(O)/guest.elf $@

# The listings next to an image are for people; nothing depends on them.
$(O)/%.elf: linker.ld $(O)/made-with
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)part=$@.$$$$; $(LD) $(IMAGE_LDFLAGS) --defsym=BASE=$(LOADED_AT) --defsym=MAX_BSS=$(MAX_BSS) \
		-Map=$$part.map -o $$part $(filter %.o,$^) && \
		mv -f $$part.map $(@:.elf=.map) && $(in_place)
	$(Q)part=$(@:.elf=.asm.$$$$); \
		$(OBJDUMP) -d -M intel $@ >$$part && mv -f $$part $(@:.elf=.asm)
	$(Q)part=$(@:.elf=.sym.$$$$); $(NM) -n $@ >$$part && mv -f $$part $(@:.elf=.sym)

$(GDB_SCRIPTS): $(GDB_SOURCES)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)part=$@.$$$$; cat $^ >$$part && $(in_place)

$(O)/obj/%.o: %.c $(O)/made-with
	$(call say,CC,$@)
	$(call compile,$(FREESTANDING) $(CC) $(IMAGE_CFLAGS) $(BAREFLAGS) $(OWN_CFLAGS) -c)

# The version that the images print.  Only written if it is another than before: so version.o is
# built again after a commit, and not otherwise.
$(O)/version: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)src/lib/version.sh >$@.$$$$ || exit; cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@

$(O)/obj/src/lib/version.o: $(O)/version
$(O)/obj/src/lib/version.o: private OWN_CFLAGS = -DPARAGUEST_VERSION='"$(shell cat $(O)/version)"'

FORCE:

# The path of a hypercall has to be fast, everything else small.
$(patsubst %,$(O)/obj/src/host/%.o,svm vmx echo): private OPTIMISE := -O2

# NASM's -MD leaves out %included files, so both are named here.  NASM has no -ffile-prefix-map, and
# its debug information would have the directory of its input.  So the input is a deleted file,
# which has none, and %line gives the name.
$(O)/obj/%.o: %.asm boot/regs.inc $(O)/asm-offsets.inc $(O)/made-with
	$(call say,NASM,$@)
	$(Q)part=$@.$$$$; { echo '%line 0+1 $<' && cat $<; } >$$part.asm && \
		exec 3<$$part.asm && rm $$part.asm && \
		$(NASM) $(IMAGE_NASMFLAGS) -I$(O)/ -o $$part /dev/fd/3 && $(in_place)

$(O)/obj/boot/asm-offsets.s: boot/asm-offsets.c $(O)/made-with
	$(call say,GEN,$@)
	$(call compile,$(FREESTANDING) $(CC) $(IMAGE_CFLAGS) $(BAREFLAGS) -S)

$(O)/asm-offsets.inc: $(O)/obj/boot/asm-offsets.s
	$(Q)part=$@.$$$$; \
		sed -n 's/.*"->\([A-Z0-9_]*\) \(-\{0,1\}[0-9]*\)".*/\1 equ \2/p' $< >$$part && \
		$(in_place)

include tests/unit/unit.mk
include tests/parsers/parsers.mk
include tests/vmm/vmm.mk
include src/install/install.mk

# With the slash find also follows a link.
-include $(shell [ ! -d $(O) ] || find $(O)/ -name '*.d')

# ---- what people call --------------------------------------------------------

iso: $(O)/paraguest.iso ## build the ISO, which GRUB boots from a CD or a USB stick

run: images ## run the guest on the reference host
	$(Q)$(WITH_TOOLS) ./run-qemu.sh

SEEDS ?= 100
FIRST ?= 1
# Builds first, for the tests would all build at the same time; then runs as many tests in parallel
# as there are processors.
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
check: images test-images unit ## run all tests (TESTS=tests/NAME.t: only that)
	$(Q)$(WITH_TOOLS) $(PROVE) --jobs $(JOBS) --timer --failures $(TESTS)

fuzz: images test-images ## run the fuzz guest with SEEDS seeds (100) on each engine
	$(Q)for smp in 1 4; do for engine in qemu bochs-amd bochs-intel; do \
		$(WITH_TOOLS) tests/fuzz.sh --engine=$$engine --smp=$$smp $(FIRST) $(SEEDS) || failed=1; \
	done; done; [ -z "$$failed" ]

fuzz-judge: images test-images ## look for wrong verdicts on N mutants of streams (100000)
	$(Q)$(WITH_TOOLS) tests/fuzz-judge.sh $(FIRST) $(or $(N),100000)

mutate: ## mutants that no test notices (FILES='src/...', COUNT=N and SEED=S: N at random)
	$(Q)$(WITH_TOOLS) perl tests/mutate.pl files=$(call quoted,$(FILES)) \
		count=$(call quoted,$(COUNT)) seed=$(call quoted,$(SEED)) jobs=$(call quoted,$(JOBS))

soak: images ## 200 runs on four vCPUs, on a busy machine
	$(Q)$(WITH_TOOLS) tests/soak.sh

stock: images stock-kvm ## all checks under each stock KVM, with 1, 2 and 4 vCPUs; and nested in it
	$(Q)$(WITH_TOOLS) tests/stock-all.sh

bench: images test-images ## what runs, calls and images cost (BASE=DIR: and another checkout)
	$(Q)$(WITH_TOOLS) perl tests/bench/bench.pl

coverage: images ## which checks and faults there are for each rule
	$(Q)for abi in $(ABIS); do $(WITH_TOOLS) tests/coverage.sh $$abi || exit; done

docs: images ## write the table of rules, checks and faults into docs/
	$(Q)for abi in $(ABIS); do new=$(O)/abi-$$abi.md; old=docs/abi-$$abi.md; \
		$(WITH_TOOLS) tests/coverage.sh --document $$abi >$$new || exit; \
		cmp -s $$new $$old || cp $$new $$old; done

boots: images test-images stock-kvm ## boot by each loader, and write the table into docs/boot.md
	$(Q)for test in $(BOOTS); do $(WITH_TOOLS) tests/$$test.t; done >$(O)/boots.log; \
		sed -n 's/^# boots[^:]*: //p' $(O)/boots.log | sort >$(O)/boots; \
		sed -e '/^|---/r $(O)/boots' -e '/^|.*| `tests\/.*\.t` |$$/d' docs/boot.md \
		>$(O)/boot.md && cp $(O)/boot.md docs/

format: ## format the C sources, with clang-format 14
	$(Q)clang-format --version | grep -q ' 14\.' || { \
		echo 'clang-format 14 is wanted; here is:' >&2; \
		clang-format --version >&2; exit 1; }
	$(Q)clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

lint: images ## ShellCheck, clang-format, clang-tidy, cppcheck and gcc -fanalyzer: no finding
	$(Q)$(WITH_TOOLS) $(PROVE) tests/style.t
	$(Q)perl tests/lint.pl

clean: ## remove the build directory
	$(Q)rm -rf -- $(call quoted,$(or $(LINK_TO),$(O)))

help: ## this list
	@echo 'make              build guest.elf and host.elf'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1 \2/p' Makefile */*/*.mk | \
		while read -r make target text; do \
			printf '%s %-12s %s\n' "$$make" "$$target" "$$text"; done
	@echo 'Variables, of make and of the environment:' \
		'O=dir (build directory, default build); V=1 (show commands);'
	@echo 'CC, NASM, LD, NM, OBJDUMP, STRIP: the tools for the images;' \
		'CROSS_COMPILE=x86_64-linux-gnu-: what their'
	@echo 'names begin with; LLVM=1: clang, ld.lld and the like, LLVM=-19: clang-19, ...;' \
		'HOSTCC: the compiler for'
	@echo 'the hosted tests, SANITIZE_CC: with sanitizers;' \
		'WERROR=0: no warning is an error, WERROR=1: each is.'

endif
