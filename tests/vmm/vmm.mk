# SPDX-License-Identifier: GPL-2.0-only
# Included by the Makefile: the VMM, and the first process of the Linux in which
# tests/run-stock-kvm.sh runs it.  Both are static: there they have no libraries.

VMM := $(O)/tests/vmm $(O)/tests/init
.PHONY: vmm stock-kvm kvm-answers
vmm: $(VMM) ## build tests/vmm, a small VMM over /dev/kvm
stock-kvm: $(IMAGES) $(VMM)

kvm-answers: images stock-kvm ## write what real KVMs answer into docs/
	$(Q)$(WITH_TOOLS) tests/kvm/answers.sh

$(O)/tests/vmm: $(patsubst %,tests/vmm/%.c,main loader elf cpu devices pageout)
$(O)/tests/init: tests/vmm/init.c
$(VMM): tests/vmm/vmm.h $(patsubst %,src/lib/%.h,boot linux_boot multiboot pvh) $(O)/unit/made-with
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)part=$@.$$$$; $(HOSTCC) -O2 $(UNIT_CFLAGS) $(call quoted,-ffile-prefix-map=$(CURDIR)=.) \
		-static -pthread -o $$part $(filter %.c,$^) && \
		$(in_place)
