#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A host of today's ABI may offer any of its features, and enforce that (KM3) or not.  Without each
# of them, and without all, no check fails, and those are skipped that tests/kvm/features.tsv says.
. tests/tap.sh
. tests/checks.sh
set -f # of the globs in the table

# run NAME OPTION...: two vCPUs, since there is no local APIC for one; in one thread, for one that
# waits for the other would take as much of the processors as the one that works.
run() {
	name=$1
	shift
	./run-qemu.sh --smp=2 --abi=kvm --append='strict seed=1' "$@" \
		-- -accel tcg,thread=single >"$tmp/$name"
	sed -n 's/^ok [0-9]* - \([a-z0-9.-]*\) # SKIP.*/\1/p' "$tmp/$name" >"$tmp/$name.skipped"
}

run all
features=$(sed -n 's/^# report: cpuid.features \(0x[0-9a-f]*\)$/\1/p' "$tmp/all")
holds 'the host tells its features' test -n "$features"

# mask BIT: prints all features but that one; none, if it is "all".
mask() {
	case $1 in
	all) echo 0 ;;
	*) echo $((features & ~(1 << $1))) ;;
	esac
}

# Each bit that the host has is in the table, enforced and not.
bits=
for bit in $(seq 0 31); do
	[ $((features >> bit & 1)) = 0 ] || bits="$bits $bit"
done
for bit in $bits all; do printf '%s\ton\n%s\toff\n' "$bit" "$bit"; done >"$tmp/wanted"
grep -v '^#' tests/kvm/features.tsv >"$tmp/table"
cut -f1,2 "$tmp/table" | cmp -s - "$tmp/wanted"
ok $? 'the table has each feature of the host, enforced and not'

while IFS='	' read -r bit enforce more fewer; do
	run one --host-append="features=$(mask "$bit") enforce=$enforce"
	# shellcheck disable=SC2086 # lists of globs
	{
		expand $more >"$tmp/more"
		expand $fewer >"$tmp/fewer"
	}
	sort "$tmp/all.skipped" "$tmp/more" | uniq | sort - "$tmp/fewer" | uniq -u >"$tmp/wanted"
	sort "$tmp/one.skipped" | cmp -s - "$tmp/wanted" && grep -q '^# RESULT: PASS ' "$tmp/one" &&
		! grep -q '^not ok' "$tmp/one"
	ok $? "without feature $bit, enforce=$enforce: no more is skipped than must be, none fails" ||
		sort "$tmp/one.skipped" | diff "$tmp/wanted" - | sed 's/^/# /'
done <"$tmp/table"
finish
