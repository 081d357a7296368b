#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each check runs alone as it does among the others: a check may not need what another one did.
. tests/tap.sh
. tests/checks.sh

mkdir "$tmp/alone"
# shellcheck disable=SC2016 # expanded by the inner shell
out=$tmp/alone xargs -P "$(nproc)" -I{} sh -c '
	./run-qemu.sh --smp=4 --append="strict seed=1 only=$1" >"$out/$1"' sh {} <"$tmp/checks"
./run-qemu.sh --smp=4 --append='strict seed=1' >"$tmp/all"

# result CHECK FILE: prints its line of the stream, without its number.
result() { sed -n "s/^\(.*\) [0-9]* - \($1\( #.*\)\{0,1\}\)\$/\1 \2/p" "$2"; }

# Where others have started vCPUs, memory.all-at-end can't tell what is free.  smp.beside needs
# another ABI's host, which is not looked for where no check of that ABI runs.
grep -v -e '^memory\.all-at-end$' -e '^smp\.beside$' "$tmp/checks" >"$tmp/compared"
./run-qemu.sh --smp=4 --append='strict only=smp.beside,vcpu.start' >"$tmp/beside"
has "$tmp/beside" '^ok 2 - smp\.beside$' 'smp.beside with a check of the other ABI'
while read -r check; do
	is "$(result "$check" "$tmp/alone/$check")" "$(result "$check" "$tmp/all")" "$check"
done <"$tmp/compared"
finish
