#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make bench gets to its end: its images take what the runners tell every guest, and measure.  What
# they measure is not looked at.
. tests/tap.sh

make -s O="$O" images test-images >&2 || exit 1

# bench NAME VARIABLE...: the table of one round is made, in $tmp/out.
bench() {
	name=$1
	shift
	env O="$O" ROUNDS=1 "$@" perl tests/bench/bench.pl >"$tmp/out" 2>&1
	ok $? "$name" || sed 's/^/# /' "$tmp/out"
}

bench 'make bench'
has "$tmp/out" '^[0-9]+ targets missed, in |^all targets met, in ' 'it gets to its end'
for row in 'both suites on the host, TCG / the floor' './run-qemu.sh, more' 'bytes a check' \
	'null hypercall, SVM on QEMU' 'echo call, vCPUs: 2' 'interrupt, PV EOI, SVM' \
	'VMRUN and #VMEXIT alone, processors: 2' 'echo calls, vCPUs: 4' \
	"of that loop's scaling, vCPUs: 4" 'guest stripped'; do
	has "$tmp/out" "^\\| ${row}[^|]*\\|  *-?[0-9]" "a row: $row"
done
if bochs_is_here; then
	for row in 'null hypercall, VMX on Bochs' 'interrupt, PV EOI, VMX' 'Bochs, VMX,'; do
		has "$tmp/out" "^\\| ${row}[^|]*\\|  *[0-9]" "a row: $row"
	done
fi
lacks "$tmp/out" '\|  *\|.*\|.*\|$' 'no row is empty'

# An older checkout, which has no images to measure calls.
old=$tmp/old
build_directory "$old/build"
ln -s "$PWD"/[!b]* "$PWD/boot" "$PWD/.git" "$old" 2>/dev/null
bench 'with BASE' BASE="$old" ROWS='^bytes|more than its|SVM on QEMU'
has "$tmp/out" '^\| bytes a check, 2007  *\|  *[0-9.]+ \|  *[0-9.]+ \|  *32 ' \
	'it has a column before'
has "$tmp/out" '^\| \./run-qemu\.sh, .* \|  *-?[0-9.]+ ms \|  *-?[0-9.]+ ms \|' 'with its runner'
has "$tmp/out" '^\| null hypercall.*  \|  *\|  *[0-9]+ insns \|' 'what it lacks is empty'
lacks "$tmp/out" 'guest stripped' 'only some rows are chosen'

env O="$O" BASE="$tmp" perl tests/bench/bench.pl >"$tmp/out" 2>&1
is $? 2 'a BASE that is not built is an error'
has "$tmp/out" '/build/host\.elf is not there$' 'which is named'
finish
