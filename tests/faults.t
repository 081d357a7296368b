#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each faulty host is caught by exactly the checks that tests/faults.tsv names, and by name of the
# register where it clobbers one.
. tests/tap.sh

export tmp
grep -v '^#' tests/faults.tsv >"$tmp/table"

./run-qemu.sh --append=list >"$tmp/list"
sed -n 's/^# \([a-z0-9]*\.[a-z0-9-]*\) .*/\1/p' "$tmp/list" >"$tmp/checks"
[ "$(wc -l <"$tmp/checks")" -ge 70 ]
ok $? 'the guest lists its checks'

./run-qemu.sh --host-append=faults >"$tmp/host"
sed -n 's/^# \([a-z0-9-]*\) \([A-Z][0-9.]*\) .*/\1\t\2/p' "$tmp/host" >"$tmp/offered"
cut -f1,2 "$tmp/table" | cmp -s - "$tmp/offered"
ok $? 'the table has the faults that the host offers, with their rules, in their order'

tests/coverage.sh >"$tmp/coverage"
ok $? 'every required rule has a check, every required check a fault' || tail -n 5 "$tmp/coverage" | sed 's/^/# /'

# Several runs side by side: nearly all of a run is one thread's work.
# shellcheck disable=SC2016 # expanded by the inner shell
cut -f1,4 "$tmp/table" | tr '\t' ' ' | xargs -P "$(nproc)" -I{} sh -c '
	set -- {}
	fault=$1
	shift
	./run-qemu.sh --host-append="fault=$fault" --append="strict seed=1 $*" >"$tmp/$fault.tap"'

# expand GLOB...: the checks that match, in the table's order.
expand() {
	while read -r check; do
		for glob; do
			# shellcheck disable=SC2254 # a glob it is
			case $check in $glob) echo "$check" && break ;; esac
		done
	done <"$tmp/checks"
}

# What a clobbered register's diagnostic begins with.
register() {
	case $1 in
	call-x87) echo 'f[cst]w' ;;
	call-idtr) echo 'idtr limit' ;;
	call-*) echo "${1#call-}" | tr - _ ;;
	esac
}

set -f
while IFS='	' read -r fault _ globs _; do
	# shellcheck disable=SC2086 # a list of globs
	expand $globs >"$tmp/wanted"
	sed -n 's/^not ok [0-9]* - //p' "$tmp/$fault.tap" >"$tmp/got"
	grep -q '^# RESULT: FAIL .* skip=[01] todo=0$' "$tmp/$fault.tap" &&
		cmp -s "$tmp/wanted" "$tmp/got"
	ok $? "fault=$fault fails what it must, and no more" || diff "$tmp/wanted" "$tmp/got" | sed 's/^/# /'
	case $fault in
	call-*)
		grep -iq "^# $(register "$fault"): wanted" "$tmp/$fault.tap"
		ok $? "fault=$fault is reported by the register's name"
		;;
	esac
done <"$tmp/table"
finish
