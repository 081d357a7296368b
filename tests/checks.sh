# SPDX-License-Identifier: GPL-2.0-only
# Sourced after tap.sh: the guest's checks, as it lists them, one a line in $tmp/checks, and how
# many of them a run passes on the reference host.  So a new check needs no edit of the tests.
# shellcheck shell=sh disable=SC2034,SC2154 # the tests use total and several; tap.sh sets tmp

# The ABIs of a side, guest or host, in its order.
abis_of() { sed -n 's/^#define ABIS(X) //p' "src/$1/abi.c" | sed 's/X(\([a-z0-9]*\))/\1/g'; }

abis=${abis:-$(abis_of host)} # a test may set it before, to look at one of them
holds 'the host has an ABI' test -n "$abis"
mute=$(for abi in $(abis_of guest); do
	case " $(abis_of host) " in *" $abi "*) ;; *) echo "$abi" ;; esac
done | wc -l) # ABIs of the guest that the reference host does not have: one skip each

./run-qemu.sh --append="list abi=$(echo "$abis" | tr ' ' ,)" >"$tmp/list"
sed -n 's/^# \([a-z0-9]*\.[a-z0-9-]*\) .*/\1/p' "$tmp/list" >"$tmp/checks"
total=$(wc -l <"$tmp/checks")
holds 'the guest lists its checks' test "$total" -ge 100

# expand GLOB...: prints the checks that match, in the list's order.
expand() {
	while read -r check; do
		for glob; do
			# shellcheck disable=SC2254 # it is a glob
			case $check in $glob) echo "$check" && break ;; esac
		done
	done <"$tmp/checks"
}

# count GLOB...: prints how many match.
count() { expand "$@" | wc -l; }

# rows_of_abis FILE...: prints the rows of these tables of each ABI, in the host's order, each after
# the ABI's name; rows FILE...: without the name.
rows_of_abis() {
	for abi in $abis; do
		for file; do
			[ ! -e "tests/$abi/$file" ] ||
				grep -v '^#' "tests/$abi/$file" | sed "s/^/$abi	/"
		done
	done
}
rows() { rows_of_abis "$@" | cut -f2-; }

several=$(count 'vcpu.*' 'smp.*') # checks that need more than one vCPU
holds 'some checks need several vCPUs' test "$several" -gt 0

# What a run of all checks skips: what would take long or harm an old host, unless it is strict;
# what the reference host gives no occasion for; and if there is only one vCPU, the checks for
# several and those that need a local APIC.
named='patch.straddle memory.all memory.all-at-end vcpu.memory'
no_occasion='cpuid.block msr.above-4g migration.absent asyncpf.gated'
no_gate='msr.gating msr.gated-memory calls.gated' # with an APIC, the reference host offers it all
on_one='vcpu.* smp.* pveoi.[!ro]* pveoi.o[!u]* asyncpf.*'
on_one="$on_one vmcall.cpl3-nothing calls.poll-irq calls.send-*"
set -f # of the globs
# shellcheck disable=SC2086 # they are lists
{
	skipped_on_several=$((mute + $(count $named $no_occasion $no_gate)))
	skipped_on_one=$((mute + $(count $named $no_occasion $on_one)))
	skipped_if_strict=$((mute + $(count $no_occasion $on_one))) # on one
}
set +f
total=$((total + mute))

# all_pass SKIPPED [TODO]: prints a pattern for the last line of a run of all checks in which so
# many are skipped, so many are known failures, and all others pass.
all_pass() {
	echo "^# RESULT: PASS pass=$((total - $1 - ${2:-0})) fail=0 skip=$1 todo=${2:-0}\$"
}
