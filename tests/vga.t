#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The text screen: it shows the verdict, and keeps it, if the option vga is given or if nothing else
# can print it; else it stays unused.
. tests/tap.sh

mkfifo "$tmp/monitor"
trap '' PIPE # QEMU may be gone

# boot CPU KERNEL OPTIONS QEMU-ARG...: boots a PC whose only device is a VGA.  A serial port, if the
# arguments add one, goes to $tmp/serial.  Opens the monitor as descriptor 3.
boot() {
	rm -f "$tmp/serial" "$tmp/cells"
	cpu=$1 kernel=$2 options=$3
	shift 3
	timeout 30 qemu-system-x86_64 -M pc -vga std -cpu "$cpu" -m 64 -nodefaults \
		-display none -no-reboot -no-shutdown -monitor stdio -kernel \
		"$kernel" -append "$options" "$@" \
		<"$tmp/monitor" >"$tmp/qemu" 2>&1 &
	exec 3>"$tmp/monitor"
}

# alone GUEST_OPTIONS QEMU-ARG...
alone() {
	options=$1
	shift
	boot qemu64 "$O/guest.elf" "$options" "$@"
}

# hosted GUEST_OPTIONS HOST_OPTIONS QEMU-ARG...
hosted() {
	options=$1 host_options=$2
	shift 2
	boot max "$O/host.elf" "$host_options" -initrd "$O/guest.elf $options" "$@"
}

# look: writes what the screen shows to $tmp/screen.
look() {
	rm -f "$tmp/cells"
	echo "pmemsave 0xb8000 4000 \"$tmp/cells\"" >&3
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(wc -c 2>/dev/null <"$tmp/cells")" = 4000 ] && break
		sleep 0.1
	done
	perl -e '
		local $/;
		for my $line (unpack "(a160)25", <>) {
			print map({ chr($_ & 0xff) } unpack "v80", $line), "\n";
		}' "$tmp/cells" 2>/dev/null | tr '\0' ' ' | sed 's/ *$//' >"$tmp/screen"
}

# wait_for_screen PATTERN: waits until a line of the screen matches, or QEMU has ended, after 30
# seconds.
wait_for_screen() {
	for _ in $(seq 100); do
		look
		grep -Eq -e "$1" "$tmp/screen" && return
		kill -0 $! 2>/dev/null || return
		sleep 0.2
	done
}

# quits STATUS NAME: ends QEMU, whose machine must have this status.
quits() {
	echo 'info status' >&3
	sleep 0.3
	echo quit >&3
	exec 3>&-
	wait $!
	tr -d '\r' <"$tmp/qemu" | grep -v '^(qemu)' >"$tmp/status" # its answers, not its echo
	has "$tmp/status" "VM status: $1" "$2: $1"
}

RESULT='^# RESULT: '

# stays WORD NAME: the verdict appears in the last line, and the machine does not end.
stays() {
	wait_for_screen "$RESULT"
	sleep 0.3
	look
	is "$(grep -v '^$' "$tmp/screen" | tail -n 1 | cut -d' ' -f1-3)" \
		"# RESULT: $1" "$2: the verdict is on the screen"
	quits running "$2"
}

alone vga -serial "file:$tmp/serial"
stays SKIP 'guest, vga'
has "$tmp/serial" '^# RESULT: SKIP ' 'guest, vga: and on the serial port'
has "$tmp/screen" '^ok [0-9]+ - .* # SKIP no host: ' 'guest, vga: with the lines before it'

alone ''
stays SKIP 'guest, no UART'

hosted vga vga -serial "file:$tmp/serial"
stays PASS 'host, vga'
has "$tmp/serial" '^# RESULT: PASS ' 'host, vga: and on the serial port'

# No device can end this machine, as on real hardware.
hosted '' '' -serial "file:$tmp/serial" -machine acpi=off
sleep 3
quits running 'host, nothing ends the machine'
is "$(tail -n 1 "$tmp/serial" | cut -d' ' -f1-3)" '# RESULT: PASS' \
	'and the verdict is the last line'

hosted '' ''
stays PASS 'host, no UART'

hosted frob ''
stays ERROR 'host, no UART, wrong option of the guest'
has "$tmp/screen" "^Bail out! unknown option 'frob'" 'and the reason is on the screen'
hosted '' 'vga frob' -serial "file:$tmp/serial"
stays ERROR 'host, vga, wrong option of the host'
has "$tmp/screen" "^Bail out! host: unknown option 'frob'" 'and the reason is on the screen'

for image in guest host; do
	boot qemu32 "$O/$image.elf" ''
	stays ERROR "$image, no UART, no long mode"
	has "$tmp/screen" '^Bail out! this CPU has no long mode$' 'and the reason is on the screen'
done

timeout 30 qemu-system-x86_64 -M pc -vga std -nodefaults -display none -no-reboot \
	-kernel "$O/guest.elf" -append 'only=probe.* reset' </dev/null >/dev/null 2>&1
is $? 0 'guest, no UART, reset: the machine ends'

# On the host, each page of the screen is at its own address: the monitor finds what the guest
# wrote.
for gpa in 0xb9000 0xbffff; do
	boot max "$O/host.elf" '' -initrd "$O/tests/rogue.elf memory=$gpa write"
	wait_for_screen "$RESULT"
	echo "xp /1xb $gpa" >&3
	quits running "write to $gpa"
	has "$tmp/status" "^0*${gpa#0x}: 0x5a$" "write to $gpa: it is there"
done

# ---- not wanted ---------------------------------------------------------------------------------

# unused NAME: the machine has powered itself off, and the guest and the host left the screen alone.
unused() {
	for _ in $(seq 100); do
		grep -q '^# RESULT: ' "$tmp/serial" 2>/dev/null && break
		sleep 0.2
	done
	sleep 0.3
	look
	[ "$(wc -c <"$tmp/cells")" = 4000 ]
	ok $? "$1: the screen can be read"
	lacks "$tmp/screen" 'RESULT|ok [0-9]|TAP|^#' "$1: nothing is on the screen"
	quits 'paused \(shutdown\)' "$1"
}

alone '' -serial "file:$tmp/serial"
unused 'guest, UART'
alone '' -debugcon "file:$tmp/serial"
unused 'guest, debug console'
hosted '' '' -serial "file:$tmp/serial"
unused 'host, UART'

# ---- machines without a VGA ---------------------------------------------------------------------

# run STATUS NAME ARG...: through the runner.
run() {
	wanted=$1
	name=$2
	shift 2
	./run-qemu.sh "$@" >"$tmp/out" 2>"$tmp/err"
	is $? "$wanted" "$name" || sed 's/^/# /' "$tmp/err" "$tmp/out" | tail -n 20
}

run 0 'microvm: host and guest write to it all the same' --append=vga --host-append=vga
has "$tmp/out" '^# RESULT: PASS ' 'microvm: and pass'
run 0 'pc without VGA' --append=vga --host-append=vga -- -M pc -vga none
run 0 'isapc without VGA' --host=none --accel=tcg --append='vga only=probe.*' -- -M isapc -vga none
if kvm_is_here; then
	run 0 'microvm, KVM' --host=none --accel=kvm --timeout=120 --append='vga only=probe.*'
	run 0 'pc without VGA, KVM' --host=none --accel=kvm --timeout=120 --append='vga only=probe.*' \
		-- -M pc -vga none
else
	skip 'KVM' 'no /dev/kvm that works'
fi
for vga in none std; do
	timeout 30 qemu-system-x86_64 -M pc -vga $vga -cpu max -m 64 -nodefaults -display none \
		-no-reboot -device isa-debug-exit,iobase=0xf4,iosize=0x4 -kernel "$O/host.elf" \
		-initrd "$O/guest.elf" </dev/null >/dev/null 2>&1
	is $? 33 "neither UART nor debug console, -vga $vga: the exit status tells of PASS"
done
finish
