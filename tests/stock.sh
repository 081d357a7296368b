# SPDX-License-Identifier: GPL-2.0-only
# Sourced after tap.sh by the tests of the guest under a stock KVM.
# shellcheck shell=sh disable=SC2154 # tap.sh sets tmp

# skipped STREAM: prints what it skips, a line a check: its name, a tab, the reason.
skipped() { sed -n 's/^ok [0-9]* - \([^ ]*\) # SKIP /\1	/p' "$1"; }

# skips_listed STREAM VCPUS NAME: a fact: it skips what tests/kvm/skipped-stock.tsv has, and with
# several vCPUs none for want of them.
skips_listed() {
	skipped "$1" >"$tmp/skipped"
	grep -v '^#' tests/kvm/skipped-stock.tsv |
		if [ "$2" -gt 1 ]; then grep -v '	one vCPU$'; else cat; fi |
		diff - "$tmp/skipped" >"$tmp/diff"
	ok $? "$3: it skips what tests/kvm/skipped-stock.tsv has" || sed 's/^/# /' "$tmp/diff"
}
