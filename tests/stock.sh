# SPDX-License-Identifier: GPL-2.0-only
# Sourced after tap.sh by the tests of the guest under a stock KVM.
# shellcheck shell=sh disable=SC2154 # tap.sh sets tmp

# skipped STREAM: prints what it skips, a line a check: its name, a tab, the reason.
skipped() { sed -n 's/^ok [0-9]* - \([^ ]*\) # SKIP /\1	/p' "$1"; }

# skips_listed STREAM VCPUS NAME: a fact: it skips what tests/kvm/skipped-stock.tsv has for one vCPU
# or for several.
skips_listed() {
	skipped "$1" >"$tmp/skipped"
	case $2 in
	1) rows='/^smp\./{/	1 vCPU$/!d;}' ;;
	*) rows='/	1 vCPU$/d' ;;
	esac
	sed "/^#/d; $rows" tests/kvm/skipped-stock.tsv | diff - "$tmp/skipped" >"$tmp/diff"
	ok $? "$3: it skips what tests/kvm/skipped-stock.tsv has" || sed 's/^/# /' "$tmp/diff"
}
