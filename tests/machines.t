#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Machines without a device that ends them, or without a UART at COM1.
. tests/tap.sh

guest=$O/guest.elf host=$O/host.elf
note='^# no exit device answers \(port 0xf4.*ends by a halt$'

# qemu MACHINE ARG...: runs QEMU as users run their own hypervisor, without the runner.
qemu() {
	machine=$1
	shift
	timeout 60 qemu-system-x86_64 -M "$machine" -m 40 -nodefaults -display none -no-reboot \
		"$@" \
		</dev/null >"$tmp/qemu" 2>&1
}

# ---- how a run ends -----------------------------------------------------------------------------

last() { tail -n 1 "$tmp/serial" | cut -d' ' -f1-3; }

# halts NAME VERDICT MACHINE ARG...: the last line is the verdict; the line before it says that
# nothing ends the machine; and it does not end.
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
	is "$(last)" "# RESULT: $verdict" "$name: $verdict is the last line"
	tail -n 2 "$tmp/serial" | head -n 1 >"$tmp/before"
	has "$tmp/before" "$note" "$name: it says that it ends by a halt"
	read -r child <"/proc/$!/task/$!/children" # of qemu's subshell: timeout, which ends QEMU
	kill "$child"
	ok $? "$name: and it does not end"
	wait $! 2>/dev/null
}

# ends NAME VERDICT MACHINE ARG...: the last line is the verdict, and then the machine ends.
ends() {
	name=$1 verdict=$2
	shift 2
	: >"$tmp/serial"
	qemu "$@" -serial "file:$tmp/serial"
	is $? 0 "$name: it ends"
	is "$(last)" "# RESULT: $verdict" "$name: $verdict is the last line"
	lacks "$tmp/serial" "$note" "$name: nothing is said of a halt"
}

alone() { # HOW NAME VERDICT MACHINE OPTIONS
	"$1" "$4, alone, $2" "$3" "$4" -cpu qemu64 -kernel "$guest" -append "$5"
}

hosted() { # HOW NAME VERDICT MACHINE OPTIONS [HOST-OPTIONS]
	"$1" "$4, on the host, $2" "$3" "$4" -cpu max -kernel "$host" -append "${6-}" \
		-initrd "$guest $5"
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

# reset also works without an i8042.
if qemu-system-x86_64 -M pc,help | grep -q '^  i8042='; then
	alone ends 'reset without an i8042' SKIP pc,acpi=off,i8042=off "$one reset"
else
	skip 'pc without an i8042' 'QEMU has it always'
fi

# A machine that is reset starts again.
: >"$tmp/serial"
for kernel in "$guest" "$host"; do
	[ "$kernel" = "$host" ] && options='' || options="$one reset"
	timeout 10 qemu-system-x86_64 -M microvm,acpi=off -cpu max -m 40 -nodefaults -display none \
		-serial "file:$tmp/serial" -kernel "$kernel" -initrd "$guest $one reset" \
		-append "$options" </dev/null >"$tmp/qemu" 2>&1 &
	for _ in $(seq 80); do
		[ "$(grep -c '^# RESULT: ' "$tmp/serial")" -ge 2 ] && break
		sleep 0.1
	done
	kill $!
	wait $! 2>/dev/null
	[ "$(grep -c '^# RESULT: ' "$tmp/serial")" -ge 2 ]
	ok $? "reset, ${kernel##*/}: the machine starts again"
done

# A device ends the machine.
for kernel in "$guest" "$host"; do
	qemu isapc -cpu max -kernel "$kernel" -initrd "$guest $one" -serial "file:$tmp/serial" \
		-device isa-debug-exit,iobase=0xf4,iosize=0x4
	status=$?
	case $kernel in
	"$guest") is $status 37 'guest.elf: isa-debug-exit' ;;
	*) is $status 33 'host.elf: isa-debug-exit' ;;
	esac
	lacks "$tmp/serial" "$note" "${kernel##*/}: nothing is said of a halt"
done

# ---- which UART ---------------------------------------------------------------------------------

# uarts STATUS NAME PORTS ARG...: a machine with UARTs at these ports, whose output goes to
# $tmp/PORT.
uarts() {
	wanted=$1 name=$2 ports=$3
	shift 3
	for port in $ports; do
		: >"$tmp/$port"
		set -- "$@" -chardev "file,id=at$port,path=$tmp/$port" \
			-device "isa-serial,chardev=at$port,iobase=$port,irq=5"
	done
	qemu microvm,acpi=off,isa-serial=off "$@" -device isa-debug-exit,iobase=0xf4,iosize=0x4
	is $? "$wanted" "$name: exit status"
}

# all PORT NAME PATTERN: a whole stream came out there, with a line that matches PATTERN.
all() {
	is "$(head -n 1 "$tmp/$1" | tr -d '\r')" 'TAP version 13' "$2: from the first byte"
	has "$tmp/$1" "$3" "$2: with what was wanted"
	is "$(grep -c '^# RESULT: ' "$tmp/$1")" 1 "$2: one verdict"
}

silent() { # PORT NAME
	is "$(wc -c <"$tmp/$1")" 0 "$2: nothing at $1"
}

run_guest() { # NAME PORTS OPTIONS
	uarts 37 "$1" "$2" -cpu max -kernel "$guest" -append "$one $3"
}

run_host() { # STATUS NAME PORTS OPTIONS HOST-OPTIONS [GUEST]
	uarts "$1" "$2" "$3" -cpu max -kernel "$host" -append "$5" -initrd "${6:-$guest} $4"
}

for port in 0x2f8 0x3e8 0x2e8; do
	run_guest "COM at $port, alone" $port ''
	all "$port" "COM at $port, alone" '^ok 1 - kvm2007 # SKIP no host: '
	run_host 33 "COM at $port, on the host" "$port" "$one" ''
	all "$port" "COM at $port, on the host" '^ok 1 - probe'
	run_host 39 "COM at $port, a refusal of the host" "$port" "$one" mem=x
	all "$port" "COM at $port, a refusal of the host" "^Bail out! host: option 'mem'"
	run_host 39 "COM at $port, an end by the host" "$port" do=halt '' "$O/tests/rogue.elf"
	all "$port" "COM at $port, an end by the host" '^Bail out! host: the guest halted'
done
run_guest 'the first of several' '0x2e8 0x3e8' ''
all 0x3e8 'the first of several' '^ok 1 - kvm2007 # SKIP no host: '
silent 0x2e8 'the first of several'
uarts 39 'no long mode' '0x2e8 0x3e8' -cpu qemu32 -kernel "$guest"
all 0x3e8 'no long mode' '^Bail out! this CPU has no long mode'

# A port that the options name, also one that is not COM1 to COM4; on the host by the options of the
# guest or of both.
for port in 0x2f8 0x1a8; do
	run_guest "serial=$port, alone" "0x3f8 $port" "serial=$port"
	all "$port" "serial=$port, alone" '^ok 1 - kvm2007 # SKIP no host: '
	silent 0x3f8 "serial=$port, alone"
	for named in '' "serial=$port"; do
		run_host 33 "serial=$port, host '$named'" "0x3f8 $port" "$one serial=$port" "$named"
		all "$port" "serial=$port, host '$named'" '^ok 1 - probe'
		silent 0x3f8 "serial=$port, host '$named'"
	done
	run_host 39 "serial=$port, a refusal of the host" "0x3f8 $port" "serial=$port" mem=x
	all "$port" "serial=$port, a refusal of the host" "^Bail out! host: option 'mem'"
	silent 0x3f8 "serial=$port, a refusal of the host"
	run_host 35 "serial=$port, fault=stale-rip" "0x3f8 $port" \
		"only=patch.at-once serial=$port" fault=stale-rip
	all "$port" "serial=$port, fault=stale-rip" '^# the host went on elsewhere'
done

# Nothing is at the port that the options name: the run ends all the same.
run_guest 'serial= of nothing, alone' 0x3f8 serial=0x2f8
silent 0x3f8 'serial= of nothing, alone'
run_host 33 'serial= of nothing, on the host' 0x3f8 "$one serial=0x2f8" ''

# ---- a UART on PCI ------------------------------------------------------------------------------

# on_pci STATUS NAME MACHINE ARG...: a machine whose chardev pci goes to $tmp/pci.
on_pci() {
	wanted=$1 name=$2 machine=$3
	shift 3
	: >"$tmp/pci"
	qemu "$machine" -cpu max -chardev "file,id=pci,path=$tmp/pci" "$@" \
		-device isa-debug-exit,iobase=0xf4,iosize=0x4
	is $? "$wanted" "$name: exit status"
}

# pci_alone NAME MACHINE ARG...
pci_alone() {
	name=$1 machine=$2
	shift 2
	on_pci 37 "$name, alone" "$machine" -kernel "$guest" -append $one "$@"
}

# pci_hosted STATUS NAME MACHINE HOST-OPTIONS GUEST ARG...
pci_hosted() {
	status=$1 name=$2 machine=$3 options=$4 module=$5
	shift 5
	on_pci "$status" "$name, on the host" "$machine" -kernel "$host" -append "$options" \
		-initrd "$module" "$@"
}

uart=pci-serial,chardev=pci
for machine in pc q35; do
	pci_alone "$machine" "$machine" -device $uart
	all pci "$machine, alone" '^ok 1 - kvm2007 # SKIP no host: '
	pci_hosted 33 "$machine" "$machine" '' "$guest $one" -device $uart
	all pci "$machine, on the host" '^ok 1 - probe'
done
pci_hosted 39 'a refusal of the host' pc mem=x "$guest" -device $uart
all pci 'a refusal of the host' "^Bail out! host: option 'mem'"
pci_hosted 39 'an end by the host' q35 '' "$O/tests/rogue.elf do=halt" -device $uart
all pci 'an end by the host' '^Bail out! host: the guest halted'
pci_hosted 35 'fault=stale-rip' q35 fault=stale-rip "$guest only=patch.at-once" -device $uart
all pci 'fault=stale-rip' '^# the host went on elsewhere'

pci_alone 'four UARTs in one function' q35 -device pci-serial-4x,chardev1=pci
all pci 'four UARTs in one function' '^ok 1 - kvm2007 # SKIP no host: '
pci_alone 'function 5 of a device' q35 -device pci-testdev,multifunction=on,addr=7.0 \
	-device $uart,addr=7.5
all pci 'function 5 of a device' '^ok 1 - kvm2007 # SKIP no host: '
set -- -device pcie-root-port,id=root -device pcie-pci-bridge,id=bridge,bus=root \
	-device $uart,bus=bridge,addr=9
pci_alone 'behind two bridges' q35 "$@"
all pci 'behind two bridges' '^ok 1 - kvm2007 # SKIP no host: '
pci_hosted 33 'behind two bridges' q35 '' "$guest $one" "$@"
all pci 'behind two bridges, on the host' '^ok 1 - probe'

# COM4 comes first.
: >"$tmp/com"
pci_alone 'with COM4' q35 -device $uart -chardev "file,id=com,path=$tmp/com" \
	-device isa-serial,chardev=com,iobase=0x2e8,irq=5
all com 'with COM4' '^ok 1 - kvm2007 # SKIP no host: '
silent pci 'with COM4'

# Without ports the UART is left alone; this firmware assigns none, and microvm has no port 0xcf8.
pci_alone 'no ports' pc -bios qboot.rom -device $uart
silent pci 'no ports'
pci_alone 'no ports to configure' microvm,pcie=on,isa-serial=off -device $uart
silent pci 'no ports to configure'
finish
