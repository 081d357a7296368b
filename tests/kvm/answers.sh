#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the guest under each KVM of docs/kvm-answers.md that there is on this machine, and writes
# there what it answers.
. tests/tap.sh
. tests/kvm.sh

# answers HOST RUNNER OPTION...: a run, if the guest itself comes to a verdict.
answers() {
	host=$1
	shift
	echo "$host: $*" >&2
	"$@" --abi=kvm >"$tmp/$host"
	case $? in
	0 | 1) hosts="$hosts|$host=$tmp/$host" ;;
	*) sed 's/^/# /' "$tmp/$host" >&2; exit 1 ;;
	esac
}

hosts=$tmp/kvm-list
for kernel in 6.1 6.12; do
	[ ! -s "$O/linux-$kernel/vmlinuz" ] ||
		answers "Linux $kernel" tests/run-stock-kvm.sh --kernel=$kernel
done
if [ -n "$known" ] && kvm_is_here; then
	answers kvm_pvm ./run-qemu.sh --host=none --accel=kvm --cpu=host,-arch-capabilities \
		--expect="$known"
fi
IFS='|'
# shellcheck disable=SC2086 # a list
perl tests/kvm/answers.pl $hosts >"$tmp/answers" && cp "$tmp/answers" docs/kvm-answers.md
