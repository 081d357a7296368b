#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Known mutants of the guest and the host, tests/mutants/fixed.tsv: each is killed by the test that
# is recorded for it.  make mutate makes all others.
. tests/tap.sh

[ -s "$O/host.elf" ] || make -s O="$O" images unit >&2
O=$O perl tests/mutate.pl fixed="$tmp/labs" >"$tmp/results" 2>"$tmp/err"
ok $? 'all fixed mutants are tried' || sed 's/^/# /' "$tmp/err"
rows=$(grep -c '^[^#]' tests/mutants/fixed.tsv)
is "$(wc -l <"$tmp/results")" "$rows" 'there is a result for each'
holds 'there are 20 or more' test "$rows" -ge 20
while IFS='	' read -r result name trouble; do
	[ "$result" = ok ]
	ok $? "$name" || echo "# $trouble"
done <"$tmp/results"
finish
