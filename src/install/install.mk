# SPDX-License-Identifier: GPL-2.0-only
# Included by the Makefile: installs paraguest, and packs its sources.

override PREFIX := $(or $(value PREFIX),/usr/local)
override DESTDIR := $(value DESTDIR)
where = $(call quoted,$(DESTDIR)) $(call quoted,$(PREFIX))

# Not everybody can make these: they are installed if they have been built, or are goals, too.
OPTIONAL := $(if $(filter iso,$(MAKECMDGOALS))$(wildcard $(O)/paraguest.iso),$(O)/paraguest.iso) \
	$(if $(filter vmm stock-kvm,$(MAKECMDGOALS))$(wildcard $(O)/tests/vmm),$(VMM))

.PHONY: install uninstall dist deb
install: images $(OPTIONAL) ## install below DESTDIR and PREFIX (/usr/local); ISO and VMM if built
	$(Q)src/install/install.sh $(O) $(where)

uninstall: ## remove what install has made
	$(Q)src/install/install.sh --remove $(where)

dist: ## pack the sources as paraguest-VERSION.tar.gz in the build directory
	$(Q)src/install/dist.sh $(O)

deb: images stock-kvm $(OPTIONAL) ## a Debian package in the build directory, for one's own machines
	$(Q)src/install/deb.sh $(O)
