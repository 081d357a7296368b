#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The guest's watchdog ends calls that never return, in every mode, and no others: with the local
# APIC's timer and with the PIT, alone and on the reference host; and hypercalls, where KVM never
# gets them done.
. tests/tap.sh

make -s O="$O" images test-images >&2 || exit 1
build_directory "$tmp/build" "$O/tests/watchdog.elf"

# watched RUNNER NAME COUNTS OPTION...: the run passes, with these counts.
watched() {
	runner=$1 name=$2 counts=$3
	shift 3
	O=$tmp/build $runner "$@" >"$tmp/out" 2>"$tmp/err"
	is $? 0 "$name: exit status" || sed 's/^/# /' "$tmp/err"
	has "$tmp/out" "^# RESULT: $counts" "$name: result"
}

all='PASS pass=8 fail=0 skip=0 todo=0$'
by_apic='^# vector 48 at rip 0x300000$' by_pit='^# vector 32 at rip 0x300000$'

watched ./run-qemu.sh QEMU "$all" --host=none --accel=tcg
has "$tmp/out" "$by_apic" "QEMU: by the APIC's timer"
has "$tmp/out" '^# vmmcall: exception 6$' 'QEMU: what faults is left alone'
watched ./run-qemu.sh 'QEMU without APIC' "$all" --host=none --accel=tcg -- -cpu max,-apic
has "$tmp/out" "$by_pit" 'QEMU without APIC: by the PIT'
watched ./run-qemu.sh 'the reference host' "$all"
has "$tmp/out" "$by_pit" 'the reference host: by the PIT'

qemu-system-x86_64 -M microvm,acpi=off,pit=off,pic=off -cpu max,-apic -m 40 -nodefaults \
	-display none -no-reboot -kernel "$O/tests/watchdog.elf" -serial "file:$tmp/out" \
	-device isa-debug-exit,iobase=0xf4,iosize=0x4 </dev/null
has "$tmp/out" '^1\.\.0 # SKIP no timer$' 'a machine without a timer: it is noticed'

if bochs_is_here; then
	for cpu in ryzen corei7_skylake_x; do
		watched tests/run-bochs.sh $cpu "$all" --cpu=$cpu
		has "$tmp/out" "$by_pit" "$cpu: by the PIT"
	done
else
	skip Bochs 'no bochs is here'
fi
if kvm_is_here; then
	watched ./run-qemu.sh KVM 'PASS pass=[68] fail=0 skip=[02] todo=0$' --host=none --accel=kvm
	has "$tmp/out" "$by_apic" "KVM: by the APIC's timer"
else
	skip KVM 'no /dev/kvm that works'
fi
finish
