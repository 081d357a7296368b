#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The guest under this machine's own KVM, in QEMU: nothing fails but what is known of this KVM and
# listed; without the signature there is no host; and of features that are taken away nothing is
# expected.
. tests/tap.sh

if ! kvm_is_here; then
	skip "this machine's KVM" 'no /dev/kvm that works'
	finish
	exit
fi
make -s O="$O" images >&2 || exit 1
. tests/kvm.sh

# kvm CPU OPTION...: runs the guest on this model of QEMU's; its output goes to $tmp/out.
kvm() {
	model=$1
	shift
	./run-qemu.sh --host=none --accel=kvm --abi=kvm --cpu="$model" ${known:+--expect=$known} "$@" \
		>"$tmp/out" 2>"$tmp/err"
}

# passes CPU OPTION...: a fact: nothing fails that is not listed.
passes() {
	kvm "$@"
	is $? 0 "$1: exit status"
	holds "$1: passes" grep -q '^# RESULT: PASS ' "$tmp/out" ||
		sed -n '/^not ok [^#]*$/,/^  \.\.\./s/^/# /p' "$tmp/out"
}

# features: prints the features that the last run has seen.
features() { echo $(($(sed -n 's/^# report: cpuid.features //p' "$tmp/out"))); }

# QEMU cannot start with all that a processor has: KVM refuses to set what it says of the bugs.
host=host,-arch-capabilities
passes qemu64
passes $host
all=$(features)
holds "$host: there are features" test "$all" -ne 0
[ -z "$known" ] || documented kvm_pvm "$tmp/out"
for vcpus in 2 4; do # each takes seconds to start, and the machine may be busy
	passes $host --smp=$vcpus --timeout=200
	has "$tmp/out" '^ok [0-9]+ - smp\.monotonic$' "$vcpus vCPUs: none's clock is behind another's"
done
passes $host,+kvm-hint-dedicated
has "$tmp/out" '^# report: cpuid.hints 0x1$' 'the hint is seen'

# ---- without a signature ------------------------------------------------------------------------

for model in $host,kvm=off $host,kvm=off,kvm-pv-enforce-cpuid=on; do
	kvm "$model"
	is $? 0 "$model: exit status"
	has "$tmp/out" '^ok 1 - kvm # SKIP no host: CPUID shows no KVMKVMKVM' "$model: no host"
	has "$tmp/out" '^# RESULT: SKIP pass=0 fail=0 skip=1 todo=0$' "$model: nothing else"
	kvm "$model" --append=require
	is $? 1 "$model, require: a failure, which no list excuses"
done

# ---- without a feature --------------------------------------------------------------------------

# QEMU's names, and the bits (src/abi/kvm.h) that each takes away.
while read -r name bits; do
	qemu-system-x86_64 -cpu help | grep -qw -e "$name" || continue
	passes "$host,kvm-pv-enforce-cpuid=on,-$name"
	mask=0
	for bit in $bits; do mask=$((mask | 1 << bit)); done
	is $(($(features) & mask)) 0 "-$name: the guest sees that it is gone"
	[ "$name" != kvm-steal-time ] ||
		has "$tmp/out" '^# report: msr.enforced yes$' 'what is taken away is refused'
done <<'END'
kvmclock 0 3
kvm-nopiodelay 1
kvm-asyncpf 4
kvm-steal-time 5
kvm-pv-eoi 6
kvm-pv-unhalt 7
kvm-pv-tlb-flush 9
kvm-pv-ipi 11
kvm-poll-control 12
kvm-pv-sched-yield 13
kvm-asyncpf-int 14
kvmclock-stable-bit 24
END
passes "$host,-kvm-steal-time"
has "$tmp/out" '^# report: msr.enforced no$' 'what is hidden works all the same'
finish
