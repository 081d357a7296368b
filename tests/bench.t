#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The images of make bench take what the runners tell every guest, and get to their end.  What they
# measure is not looked at.
. tests/tap.sh

make -s O="$O" images test-images >&2 || exit 1

# measures GUEST PATTERN RUNNER OPTION...: the run passes, with a line of measures.
measures() {
	guest=$1 pattern=$2 name="$1, $3"
	shift 2
	[ -d "$tmp/$guest" ] || build_directory "$tmp/$guest" "$O/tests/$guest.elf"
	O=$tmp/$guest "$@" >"$tmp/out" 2>&1
	is $? 0 "$name: passes"
	has "$tmp/out" "$pattern" "$name: has measured"
}

make -s O="$O" "$O/tests/exit.elf" >&2
"${QEMU:-qemu-system-x86_64}" -nodefaults -display none -no-reboot -kernel "$O/tests/exit.elf" \
	-device isa-debug-exit,iobase=0xf4,iosize=0x4 >"$tmp/out" 2>&1
is $? 33 'the image that exits at once does so'

measures calls '^# call [^ ]+ [0-9]+$' ./run-qemu.sh --mem=8
measures smp '^# smp 2 200 [0-9]+$' ./run-qemu.sh --smp=2 --append=calls=100
measures bare '^# smp 2 200 [0-9]+$' \
	./run-qemu.sh --host=none --accel=tcg --smp=2 --append=calls=100
measures exits '^# exit pv-eoi [0-9]+$' ./run-qemu.sh --smp=2
if bochs_is_here; then
	measures calls '^# call [^ ]+ [0-9]+$' tests/run-bochs.sh --mem=8 --cpu=ryzen
	measures exits '^# exit pv-eoi [0-9]+$' tests/run-bochs.sh --smp=2 --cpu=corei7_skylake_x
fi
finish
