#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Machines that lack what most have: something that ends them, a UART at COM1.
. tests/tap.sh

guest=$O/guest.elf host=$O/host.elf rogue=$O/tests/rogue.elf
note='^# no exit device answers \(port 0xf4.*ends by a halt$'

# qemu MACHINE ARG...: called as a hypervisor of one's own would be, not by the runner.
qemu() {
	machine=$1
	shift
	timeout 60 qemu-system-x86_64 -M "$machine" -m 40 -nodefaults -display none -no-reboot "$@" \
		</dev/null >"$tmp/qemu" 2>&1
}

# ---- how a run ends -----------------------------------------------------------------------------

last() { tail -n 1 "$tmp/serial" | cut -d' ' -f1-3; }

# halts NAME VERDICT MACHINE ARG...: the verdict is the last word, before it stands that nothing ends the run,
# and nothing does.
halts() {
	name=$1 verdict=$2
	shift 2
	: >"$tmp/serial"
	qemu "$@" -serial "file:$tmp/serial" &
	for _ in $(seq 300); do
		grep -q '^# RESULT: .*0$' "$tmp/serial" && break
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	sleep 0.3
	is "$(last)" "# RESULT: $verdict" "$name: $verdict is the last word"
	tail -n 2 "$tmp/serial" | head -n 1 >"$tmp/before"
	has "$tmp/before" "$note" "$name: it says that it ends by a halt"
	read -r child <"/proc/$!/task/$!/children" # the function's subshell has one: timeout, which has QEMU
	kill "$child"
	ok $? "$name: and it does not end"
	wait $! 2>/dev/null
}

# ends NAME VERDICT MACHINE ARG...: the verdict is the last word, and then the machine ends.
ends() {
	name=$1 verdict=$2
	shift 2
	: >"$tmp/serial"
	qemu "$@" -serial "file:$tmp/serial"
	is $? 0 "$name: it ends"
	is "$(last)" "# RESULT: $verdict" "$name: $verdict is the last word"
	lacks "$tmp/serial" "$note" "$name: nothing is said of a halt"
}

alone() { # HOW NAME VERDICT MACHINE OPTIONS
	"$1" "$4, alone, $2" "$3" "$4" -cpu qemu64 -kernel "$guest" -append "$5"
}

hosted() { # HOW NAME VERDICT MACHINE OPTIONS [HOST-OPTIONS]
	"$1" "$4, on the host, $2" "$3" "$4" -cpu max -kernel "$host" -append "${6-}" -initrd "$guest $5"
}

one=only=probe.presence
for machine in microvm,acpi=off isapc pc,acpi=off; do
	alone halts 'no exit' SKIP "$machine" $one
	alone ends reset SKIP "$machine" "$one reset"
	hosted halts 'no exit' PASS "$machine" $one
	hosted ends reset PASS "$machine" "$one reset"
done
for machine in microvm,acpi=off isapc; do
	alone halts 'wrong option' ERROR "$machine" frob
	alone ends 'wrong option, reset' ERROR "$machine" 'reset frob'
	hosted halts 'wrong option' ERROR "$machine" frob
	hosted ends 'wrong option, reset' ERROR "$machine" 'reset frob'
	hosted halts 'refusal of the host' ERROR "$machine" '' frob
done
alone halts 'ACPI elsewhere' SKIP microvm $one
alone ends power-off SKIP pc $one
hosted ends power-off PASS q35 $one
hosted ends list SKIP pc list
hosted halts 'faults' SKIP isapc '' faults
halts 'no long mode' ERROR isapc -cpu qemu32 -kernel "$guest"

# Not by the i8042 alone.
if qemu-system-x86_64 -M pc,help | grep -q '^  i8042='; then
	alone ends 'reset without an i8042' SKIP pc,acpi=off,i8042=off "$one reset"
else
	skip 'pc without an i8042' 'QEMU has it always'
fi

# A machine that is reset starts again; that of the host, too.
: >"$tmp/serial"
for kernel in "$guest" "$host"; do
	timeout 10 qemu-system-x86_64 -M microvm,acpi=off -cpu max -m 40 -nodefaults -display none \
		-serial "file:$tmp/serial" -kernel "$kernel" -initrd "$guest $one reset" -append "$([ "$kernel" = "$host" ] ||
			echo "$one reset")" </dev/null >"$tmp/qemu" 2>&1 &
	for _ in $(seq 80); do
		[ "$(grep -c '^# RESULT: ' "$tmp/serial")" -ge 2 ] && break
		sleep 0.1
	done
	kill $!
	wait $! 2>/dev/null
	[ "$(grep -c '^# RESULT: ' "$tmp/serial")" -ge 2 ]
	ok $? "reset, ${kernel##*/}: the machine starts again"
done

# With a device that ends it nobody speaks of a halt.
for kernel in "$guest" "$host"; do
	qemu isapc -cpu max -kernel "$kernel" -initrd "$guest $one" -serial "file:$tmp/serial" \
		-device isa-debug-exit,iobase=0xf4,iosize=0x4
	status=$?
	case $kernel in "$guest") is $status 37 'guest.elf: isa-debug-exit' ;; *) is $status 33 'host.elf: isa-debug-exit' ;; esac
	lacks "$tmp/serial" "$note" "${kernel##*/}: nothing is said of a halt"
done
finish
