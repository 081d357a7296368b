#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Guests that do anything at random cannot hurt the host: 43 seeds on both vendors' CPUs.  The host
# notices a change of its memory, and names itself if it dies.
# shellcheck disable=SC2016 # gdb's own $rip
. tests/tap.sh
. tests/rogue.sh
. tests/gdb.sh

fuzz() { # ENGINE SMP FIRST COUNT [OPTION]
	LOGS=$tmp/fuzz tests/fuzz.sh --engine="$1" --smp="$2" ${5:+"$5"} "$3" "$4" >"$tmp/out" 2>&1
	ok $? "$1, --smp=$2, seeds from $3 on: $4 runs end as they should" || sed 's/^/# /' "$tmp/out"
	counts='[0-9]+ passed, [0-9]+ ended by the host, 0 failed, [0-9]+ s'
	has "$tmp/out" "^$1, --smp=$2, 200 steps, .*: $counts\$" "$1, --smp=$2: it counts them"
}

fuzz qemu 1 1 12
fuzz qemu 4 1 12 --threads=one
fuzz qemu 4 31 3
fuzz qemu 1 21 3 --dump
fuzz qemu 4 21 3 --dump
if bochs_is_here; then
	fuzz bochs-amd 1 101 3
	fuzz bochs-amd 4 101 2
	fuzz bochs-intel 1 101 3
	fuzz bochs-intel 4 101 2
else
	skip 'Bochs' 'no bochs is here'
fi

# ---- a failure is seen --------------------------------------------------------------------------

LOGS=$tmp/fuzz tests/fuzz.sh --count=nonsense 7 1 >"$tmp/out" 2>&1
is $? 1 'a run that goes wrong fails'
has "$tmp/out" '^seed 7: exit status 99, ' 'and its seed is named'
tests/fuzz.sh 1 >"$tmp/out" 2>&1
is $? 99 'without a count nothing runs'

# The same seed does the same: what one vCPU did is in the log.
for n in 1 2; do
	rogue --append='do=fuzz seed=5 trace'
	grep '^# step' "$tmp/out" >"$tmp/steps$n"
done
[ -s "$tmp/steps1" ] && cmp -s "$tmp/steps1" "$tmp/steps2"
ok $? 'a seed repeats its steps'

# A table of steps that nobody chooses from would go unnoticed otherwise.
grep -o '{"[a-z0-9-]*", [a-z0-9_]*_step,' tests/guests/fuzz_*.c | cut -d '"' -f 2 | sort -u \
	>"$tmp/wanted"
sed 's/^# step [0-9]* \([^ ]*\).*/\1/' "$tmp/steps1" | sort -u >"$tmp/done"
is "$(tr '\n' ' ' <"$tmp/done")" "$(tr '\n' ' ' <"$tmp/wanted")" 'a run has steps of all kinds'

# ---- the host's memory, changed by gdb ----------------------------------------------------------

address() { nm "$O/host.elf" | awk -v name="$1" '$3 == name { print "0x" $1; exit }'; }
# changed NAME COMMAND PATTERN [RUNNER...]: gdb's command is done at the first exit.
changed() {
	name=$1 pattern=$3
	printf '%s\n' 'target remote 127.0.0.1:PORT' 'break vcpu_handle_exit' continue delete "$2" \
		continue >"$tmp/commands"
	shift 3
	[ $# -gt 0 ] ||
		set -- ./run-qemu.sh --host-append=checksum --append=list --timeout=30
	session "$tmp/commands" "$O/host.elf" "$@"
	has "$tmp/out" "^(# runner: .*)?(Bail out! )?$pattern" "$name"
}

if command -v gdb >/dev/null; then
	memory='host: its memory has changed:'
	changed 'gdb changes nothing' 'print 1' '# RESULT: SKIP '
	changed 'code' "set var *(char *)$(address load_guest) = 0" "$memory code"
	changed 'constants' 'set var *(char *)&svm_vendor.call_instruction = 1' "$memory constants"
	changed 'nested page tables' "set var 'nested_paging.c'::first[255] = 7" \
		"$memory nested page tables"
	changed 'its own page tables' "set var *(long *)($(address boot_pt) + 8 * 1000) = 3" \
		"$memory page tables"
	changed 'the bitmap of ports' "set var *(char *)($(address io_bitmap) + 14) = 0" \
		"$memory bitmap of ports"
	changed 'the bitmap of MSRs' 'set var msrpm[100] = 0' "$memory bitmap of MSRs"
	# The same seen from outside, by a host that does not look.
	dumped() { # COMMAND WHAT
		changed "a dump: $2" "$1" "# runner: the dump: changed: $2\$" \
			env O="$tmp/rogue" perl tests/fuzz-dump.pl \
			--append='do=fuzz seed=1 count=0' --host-append=log=none
	}
	dumped "set var *(char *)$(address load_guest) = 0" 'the segment at 0x1000000'
	dumped "set var 'nested_paging.c'::first[255] = 7" first
	dumped "set var *(long *)($(address boot_pt) + 8 * 1000) = 3" boot_pt
	dumped 'set var msrpm[100] = 0' msrpm
	changed 'a trap of the host' 'set var $rip = 0x10' 'host: exception 14 at rip 0x10 of processor 0'
else
	skip 'the host notices changes of its memory' 'no gdb here'
fi
finish
