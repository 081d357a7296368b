#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# On each faulty host exactly the checks of its ABI fail that its ABI's faults.tsv names, and if it
# clobbers a register, a failure has its name: on SVM under QEMU, and on VMX under Bochs.
. tests/tap.sh
. tests/checks.sh
set -f # of the globs in the tables

rows_of_abis faults.tsv >"$tmp/table"
rows_of_abis faults-bochs.tsv >"$tmp/bochs-table"
cat "$tmp/table" "$tmp/bochs-table" >"$tmp/both-tables"
echo "$abis" | tr ' ' '\n' >>"$tmp/checks" # the lines of ABIs that are not there

./run-qemu.sh --host-append=faults >"$tmp/host"
sed -nE 's/^# ([a-z0-9-]*) ([A-Z]+[0-9.]*|) .*/\1\t\2/p' "$tmp/host" >"$tmp/offered"
rows faults.tsv faults-smp.tsv faults-bochs.tsv | cut -f1,2 | cmp -s - "$tmp/offered"
ok $? 'the tables have the faults that the host offers, with their rules, in their order'

(for abi in $abis; do tests/coverage.sh "$abi" || exit; done) >"$tmp/coverage" 2>&1
ok $? 'every required rule has a check, every required check a fault' ||
	tail -n 5 "$tmp/coverage" | sed 's/^/# /'

# Prints a pattern for the register that a fault clobbers, as the guest names it.
register() { # FAULT
	case $1 in
	call-x87) echo 'f[cst]w' ;;
	call-idtr) echo 'idtr limit' ;;
	call-?dtr-*) echo "${1#call-}" | tr - ' ' ;;
	call-*) echo "${1#call-}" | tr - _ ;;
	esac
}

# run_all VENDOR TABLE RUNNER...: runs each fault of the table, to $tmp/VENDOR/FAULT, as many at a
# time as there are processors.
run_all() {
	out=$tmp/$1 table=$tmp/$2
	mkdir "$out"
	shift 2
	# shellcheck disable=SC2016 # expanded by the inner shell
	cut -f1,2,5 "$table" | tr '\t' ' ' | out=$out runner=$* xargs -P "$(nproc)" -I{} sh -c '
		set -- {}
		abi=$1 fault=$2
		shift 2
		$runner --abi="$abi" --host-append="fault=$fault" \
			--append="strict seed=1 $*" >"$out/$fault"'
}

vcpus=$(count 'vcpu.*') # which one vCPU skips of kvm2007
judge_all() { # VENDOR TABLE
	while IFS='	' read -r abi fault _ globs options; do
		# shellcheck disable=SC2086 # a list of globs
		expand $globs >"$tmp/wanted"
		sed -n 's/^not ok [0-9]* - //p' "$tmp/$1/$fault" >"$tmp/got"
		# One more is register.newer-2, on a host of version 2.  In today's ABI much depends
		# on what the host shows.
		skipped='[0-9]+'
		[ "$abi" != kvm2007 ] || skipped="$vcpus|$((vcpus + 1))"
		[ "${options#only=}" = "$options" ] || skipped=0
		grep -qE "^# RESULT: FAIL .* skip=($skipped) todo=0\$" \
			"$tmp/$1/$fault" &&
			cmp -s "$tmp/wanted" "$tmp/got"
		ok $? "$1: fault=$fault fails what it must, and no more" ||
			diff "$tmp/wanted" "$tmp/got" | sed 's/^/# /'
		case $fault in
		call-*)
			grep -iq "^# $(register "$fault"): wanted" "$tmp/$1/$fault"
			ok $? "$1: fault=$fault is reported by the register's name"
			;;
		esac
	done <"$tmp/$2"
}

# Most of the time goes to the checks that look at all memory: so it has little.
run_all svm table ./run-qemu.sh --mem=4
judge_all svm table
if bochs_is_here; then
	run_all svm-bochs bochs-table tests/run-bochs.sh --mem=4 --cpu=ryzen
	judge_all svm-bochs bochs-table
	run_all vmx both-tables tests/run-bochs.sh --mem=4 --cpu=corei7_skylake_x
	judge_all vmx both-tables
else
	skip 'vmx' 'no bochs is here'
fi
finish
