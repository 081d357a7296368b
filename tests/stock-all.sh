#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make stock: all checks under each stock KVM whose kernel is there, with 1, 2 and 4 vCPUs; and once
# more on the reference host, nested in that KVM.  One run after the other: each keeps as many CPUs
# busy as it has vCPUs.  Takes some minutes.  A fact's name has the seconds that its run took.
. tests/tap.sh
. tests/stock.sh

make -s O="$O" images stock-kvm >&2 || exit 1

# run NAME COMMAND WORD...: a fact: the run passes.  Its stream goes to $tmp/out.
run() {
	name=$1
	shift
	began=$(date +%s)
	"$@" --timeout=600 >"$tmp/out" 2>"$tmp/err"
	status=$?
	result=$(sed -n 's/^# RESULT: //p' "$tmp/out")
	took=$(($(date +%s) - began))
	[ "$status" -eq 0 ] && [ "${result%% *}" = PASS ]
	ok $? "$name: $result, $took s" || {
		sed 's/^/# /' "$tmp/err"
		sed -n '/^not ok [^#]*$/,/^  \.\.\./s/^/# /p; s/^# qemu: .*/# &/p' "$tmp/out"
	}
}

left_out=$(sed -n 's/^LEFT_OUT=//p' src/runner/run-stock-kvm.sh)
there=''
for kernel in 6.1 6.12; do
	[ ! -s "$O/linux-$kernel/vmlinuz" ] || there="$there $kernel"
done
[ -n "$there" ] || skip 'stock KVMs' "no $O/linux-*: tests/run-stock-kvm.sh --deps gets one"
for vcpus in 1 2 4; do
	[ -z "$there" ] || run "no Linux, --smp=$vcpus" ./run-qemu.sh --smp=$vcpus \
		--append="strict $left_out"
	skipped "$tmp/out" >"$tmp/bare"
	for kernel in $there; do
		name="Linux $kernel, --smp=$vcpus"
		run "$name" tests/run-stock-kvm.sh --kernel="$kernel" --smp=$vcpus --append=strict
		skips_listed "$tmp/out" $vcpus "$name"
		name="$name --host=ref"
		run "$name" tests/run-stock-kvm.sh --kernel="$kernel" --host=ref --smp=$vcpus \
			--append=strict
		# An exit takes a millisecond there: a page that went away may be back too early.
		skipped "$tmp/out" | grep -v '	no page that went away became an event$' |
			diff "$tmp/bare" - >"$tmp/diff"
		ok $? "$name: it skips what it skips without Linux" || sed 's/^/# /' "$tmp/diff"
	done
done
finish
