#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The same guest and host on each engine: two emulators, both vendors, CPUs old and new.  A whole
# run is the same, line by line, and so is the host's log, but for the vendor's name and call
# instruction.  One check is not run: how many calls it makes until the timer ticks depends on how
# busy this machine is.  Of today's ABI, much of which is time, only the verdicts are the same.
. tests/tap.sh
abis=kvm2007
. tests/checks.sh
total=$((total - 1)) # without hypercall64.timer

# AMD's with and without the next RIP in the VMCB; Intel's first with unrestricted guests, later
# ones.
MODELS='ryzen phenom_8650_toliman corei7_skylake_x corei5_arrandale_m520 corei7_icelake_u'

# run PERSONALITY NAME RUNNER...: the stream goes to $tmp/NAME.PERSONALITY, the host's log to the
# same with .log.
run() {
	personality=$1 out=$tmp/$2.$1
	shift 2
	"$@" --abi=kvm2007 --append='seed=1 trace skip=hypercall64.timer' \
		--debug-log="$out.log" --host-append="log=calls personality=$personality" \
		>"$out" 2>"$out.err"
}

# verdicts NAME RUNNER...: today's checks go to $tmp/NAME.kvm, without the reasons of SKIPs.
verdicts() {
	out=$tmp/$1.kvm
	shift
	"$@" --abi=kvm --append=strict 2>&1 | sed -n '/^\(not \)\{0,1\}ok/s/ #.*//p' >"$out"
}

# Print what has to be the same: of the stream all but the image's path, which GRUB does not pass;
# of the log all but the vendor, addresses of the machine's memory, and the patched instruction.
stream() { # FILE
	sed '/^# image: /d' "$1"
}
events() { # FILE
	sed 's/ vendor=.*//; s/^\(elsewhere .*\) .*/\1/; s/^\(patch .*\) 0f 01 [cd][19]$/\1/' "$1"
}

same() { # FILTER FILE OTHER NAME
	"$1" "$2" >"$tmp/wanted"
	"$1" "$3" >"$tmp/got"
	cmp -s "$tmp/wanted" "$tmp/got"
	ok $? "$4" || diff "$tmp/wanted" "$tmp/got" | head -n 20 | sed 's/^/# /'
}

# engine NAME VENDOR BYTES: tests both runs with this name; BYTES is the vendor's instruction.
engine() {
	for personality in header linux2007; do
		out=$tmp/$1.$personality
		has "$out.log" "^start .* personality=$personality fault=none vendor=$2\$" \
			"$1, $personality: runs on $2"
		has "$out.log" "^patch 0 0x[0-9a-f]+ $3\$" "$1, $personality: patches $3"
		is "$(sed -n "/^patch /{/ $3\$/!p;}" "$out.log")" '' \
			"$1, $personality: and nothing else"
		[ "$1" = qemu ] && continue
		same stream "$tmp/qemu.$personality" "$out" \
			"$1, $personality: the same stream as on QEMU"
		same events "$tmp/qemu.$personality.log" "$out.log" "$1, $personality: the same log"
	done
}

verdicts qemu ./run-qemu.sh
lacks "$tmp/qemu.kvm" '^not' "today's ABI: no failure"
run header qemu ./run-qemu.sh
run linux2007 qemu ./run-qemu.sh
has "$tmp/qemu.header" "$(all_pass "$skipped_on_one")" 'header: all pass'
has "$tmp/qemu.linux2007" "$(all_pass "$skipped_on_one" 1)" 'linux2007: all but the probe'
for convention in 64 32; do
	has "$tmp/qemu.header.log" "^call 0 $convention .* = " "the log has $convention-bit calls"
done
engine qemu svm '0f 01 d9'

if bochs_is_here; then
	for model in $MODELS; do
		run header "$model" tests/run-bochs.sh --cpu="$model" &
		run linux2007 "$model" tests/run-bochs.sh --cpu="$model"
		wait $!
		verdicts "$model" tests/run-bochs.sh --cpu="$model"
		same cat "$tmp/qemu.kvm" "$tmp/$model.kvm" "$model: today's ABI, as on QEMU"
		case $model in
		core*) engine "$model" vmx '0f 01 c1' ;;
		*) engine "$model" svm '0f 01 d9' ;;
		esac
	done
else
	skip 'Bochs' 'no bochs is here'
fi
finish
