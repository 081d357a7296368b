#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# One guest and one host on every engine: two emulators, both vendors, CPUs old and new.  A whole run,
# of both conventions, is the same line by line, and so is what the host logs of it, but for the
# vendor's name and instruction.  No engine needs an exception; one check is left out on all, for how many
# calls it takes until the timer ticks in one is up to how busy this machine is.
. tests/tap.sh
. tests/checks.sh
total=$((total - 1)) # without hypercall64.timer

# AMD with and without a next RIP saved; Intel's first with unrestricted guests, and later ones.
MODELS='ryzen phenom_8650_toliman corei7_skylake_x corei5_arrandale_m520 corei7_icelake_u'

# run PERSONALITY NAME RUNNER...: a run whose stream is $tmp/NAME.PERSONALITY; .log is the host's log.
run() {
	personality=$1 out=$tmp/$2.$1
	shift 2
	"$@" --append='seed=1 trace skip=hypercall64.timer' --host-append="log=calls personality=$personality" \
		--debug-log="$out.log" >"$out" 2>"$out.err"
}

# What has to be the same: the stream but for the image's path, which GRUB does not tell; the log, but for where
# memory is.
stream() { sed '/^# image: /d' "$1"; }
events() { sed 's/ vendor=.*//; s/^\(elsewhere .*\) .*/\1/; s/^\(patch .*\) 0f 01 [cd][19]$/\1/' "$1"; }

same() { # FILTER FILE OTHER NAME
	"$1" "$2" >"$tmp/wanted"
	"$1" "$3" >"$tmp/got"
	cmp -s "$tmp/wanted" "$tmp/got"
	ok $? "$4" || diff "$tmp/wanted" "$tmp/got" | head -n 20 | sed 's/^/# /'
}

# engine NAME VENDOR BYTES: of the two runs with this name.
engine() {
	for personality in header linux2007; do
		out=$tmp/$1.$personality
		has "$out.log" "^start .* personality=$personality fault=none vendor=$2\$" \
			"$1, $personality: runs on $2"
		has "$out.log" "^patch 0 0x[0-9a-f]+ $3\$" "$1, $personality: patches $3"
		is "$(sed -n "/^patch /{/ $3\$/!p;}" "$out.log")" '' "$1, $personality: and nothing else"
		[ "$1" = qemu ] && continue
		same stream "$tmp/qemu.$personality" "$out" "$1, $personality: the same stream as on QEMU"
		same events "$tmp/qemu.$personality.log" "$out.log" "$1, $personality: the same log"
	done
}

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
		case $model in
		core*) engine "$model" vmx '0f 01 c1' ;;
		*) engine "$model" svm '0f 01 d9' ;;
		esac
	done
else
	skip 'Bochs' 'no bochs, or no GRUB for i386-pc, is here'
fi
finish
