# SPDX-License-Identifier: GPL-2.0-only
# Sourced behind tap.sh by the tests that run faulty hosts: which checks a table's globs mean.
# shellcheck shell=sh disable=SC2154 # tap.sh sets tmp

set -f
./run-qemu.sh --append=list >"$tmp/list"
sed -n 's/^# \([a-z0-9]*\.[a-z0-9-]*\) .*/\1/p' "$tmp/list" >"$tmp/checks"
[ "$(wc -l <"$tmp/checks")" -ge 70 ]
ok $? 'the guest lists its checks'

# expand GLOB...: the checks that match, in the table's order.
expand() {
	while read -r check; do
		for glob; do
			# shellcheck disable=SC2254 # a glob it is
			case $check in $glob) echo "$check" && break ;; esac
		done
	done <"$tmp/checks"
}
