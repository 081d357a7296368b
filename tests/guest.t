#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The guest on the honest host, in both personalities; without a host; and the guest's options.
. tests/tap.sh
. tests/checks.sh

# run STATUS NAME OPTION...: runs the guest, whose stream goes to $tmp/out, and expects the exit
# status.
run() {
	wanted=$1
	name=$2
	shift 2
	./run-qemu.sh "$@" >"$tmp/out" 2>"$tmp/err"
	is $? "$wanted" "$name: exit status" || sed 's/^/# /' "$tmp/err"
}

run 0 'header'
has "$tmp/out" "$(all_pass "$skipped_on_one")" 'header: all pass'
has "$tmp/out" '^# call from CPL 3 \(C6\): -1$' 'header: the survey tells of CPL 3'
has "$tmp/out" '^# call from compatibility mode \(C32\.5\): -1$' 'header: and of compatibility mode'
sed -n 's/^ok [0-9]* - \([^ ]*\.[^ ]*\).*/\1/p' "$tmp/out" | diff "$tmp/checks" - >"$tmp/diff"
ok $? 'header: the results are in the order of the list' || sed 's/^/# /' "$tmp/diff"
has "$tmp/out" '^ok [0-9]+ - hypercall64\.timer$' 'header: the timer check is not skipped'
is "$(head -n 1 "$tmp/out")" 'TAP version 13' 'first the version'
has "$tmp/out" '^# image: .*guest\.elf$' 'the image is named'

run 0 'header, strict' --append=strict
has "$tmp/out" "$(all_pass "$skipped_if_strict")" 'header, strict: all pass'

run 0 'linux2007' --host-append=personality=linux2007
has "$tmp/out" "$(all_pass "$skipped_on_one" 1)" 'linux2007: all pass but the probe'
has "$tmp/out" '^not ok [0-9]+ - probe\.rdmsr # TODO ' 'linux2007: the probe is TODO'

run 1 'linux2007, strict' --host-append=personality=linux2007 --append=strict
is "$(grep '^not ok' "$tmp/out" | cut -d' ' -f5-)" 'probe.rdmsr' 'linux2007, strict: only D1 fails'

for version in 2 0x80000000 0x80000001 0xfffffffe 0xffffffff; do
	run 0 "a host of version $version" --append=strict --host-append=api-version=$version
	has "$tmp/out" '^# RESULT: PASS ' "a host of version $version: passes"
done

run 0 '8 MiB' --mem=8
run 0 '10,000 random calls' --append='only=echo.* echo-calls=10000'
has "$tmp/out" "^# RESULT: PASS pass=$(count 'echo.*') " '10,000 random calls: all pass'

run 0 'seed' --append='seed=0x123 only=echo.random trace'
cp "$tmp/out" "$tmp/first"
run 0 'seed again' --append='seed=0x123 only=echo.random trace'
cmp -s "$tmp/out" "$tmp/first"
ok $? 'the same seed gives the same run'

run 0 'linux2007, 4 vCPUs' --smp=4 --host-append=personality=linux2007 \
	--append='cpus=4 strict skip=probe.rdmsr'
skipped=$((skipped_on_several - 3)) # but for three of the named, as it is strict
has "$tmp/out" "^# RESULT: PASS pass=$((total - 1 - skipped)) fail=0 skip=$skipped todo=0\$" \
	'linux2007, 4 vCPUs: all pass'
run 0 'one vCPU is wanted' --smp=2 --append='only=vcpu.*,smp.* cpus=1 strict'
is "$(grep -c '^ok [0-9]* - \(vcpu\|smp\)\..* # SKIP 1 vCPU$' "$tmp/out")" "$several" \
	'one vCPU is wanted: all checks for several are skipped'

# As an author's own host would be: one that is told nothing.
timeout 20 qemu-system-x86_64 -nodefaults -display none -no-reboot -cpu max -m 40 \
	-device isa-debug-exit,iobase=0xf4,iosize=4 -serial "file:$tmp/serial" \
	-kernel "$O/host.elf" -initrd "$O/guest.elf abi=kvm2007" </dev/null >/dev/null 2>&1
is $? 33 'without an echo service: exit status'
is "$(grep -cE '^ok [0-9]* - echo(32)?\..* # SKIP no echo=INDEX$' "$tmp/serial")" \
	"$(count 'echo.*' 'echo32.*')" 'without an echo service: its checks are skipped'

# ---- without a host -----------------------------------------------------------------------------

run 0 'no host, TCG' --host=none --accel=tcg
is "$(sed '1,/^# run kvm-discovery$/d' "$tmp/out")" "1..2
ok 1 - kvm2007 # SKIP no host: RDMSR of 0x87655678 says nothing, WRMSR changes nothing
ok 2 - kvm # SKIP no host: CPUID shows no KVMKVMKVM, 0x40000000 has TCGTCGTCGTCG
# RESULT: SKIP pass=0 fail=0 skip=2 todo=0" 'no host, TCG: two lines that say what was seen'
for option in require require=kvm2007 'only=patch.* require'; do
	run 1 "no host, $option" --host=none --accel=tcg --append="$option"
	has "$tmp/out" '^not ok 1 - kvm2007$' "no host, $option: the ABI fails"
	lacks "$tmp/out" '^ok [0-9]+ - [^#]*$' "no host, $option: nothing passes"
done
run 1 'no host, one of two is required' --host=none --accel=tcg --append=require=kvm2007
has "$tmp/out" '^ok 2 - kvm # SKIP ' 'no host, one of two is required: the other is skipped'
run 77 'no host, --exit-skip' --host=none --accel=tcg --exit-skip=77

if kvm_is_here; then
	run 0 'no host, KVM' --host=none --accel=kvm --abi=kvm2007
	has "$tmp/out" '^# RESULT: SKIP pass=0 fail=0 skip=1 todo=0$' 'no host, KVM: skipped'
	kvm=-enable-kvm
else
	skip 'no host, KVM' 'no /dev/kvm that works'
	kvm=
fi

# The README's command; -display none is for machines without a display.
# shellcheck disable=SC2086 # $kvm may be nothing
timeout 300 qemu-system-x86_64 $kvm -kernel "$O/guest.elf" -display none \
	-serial "file:$tmp/serial" </dev/null 2>/dev/null
is $? 0 'plain qemu -kernel ends by itself'
has "$tmp/serial" '^# RESULT: [A-Z]+ pass=' 'plain qemu -kernel: the verdict is in the serial log'

# A machine that only the keyboard controller can end, which only the option reset uses.
isa() {
	timeout 5 qemu-system-x86_64 -M isapc -cpu qemu64 -m 16 -nodefaults -display none \
		-no-reboot \
		-serial "file:$tmp/serial" -kernel "$O/guest.elf" -append "only=probe.presence $1" \
		</dev/null 2>/dev/null
}
isa reset
is $? 0 'reset: the i8042 ends the machine'
isa ''
is $? 124 'without reset the guest halts'
has "$tmp/serial" '^# RESULT: SKIP ' 'and its verdict is there'

# ---- options ------------------------------------------------------------------------------------

run 0 'list' --append=list
has "$tmp/out" '^1\.\.0 # SKIP list$' 'list: an empty plan'
has "$tmp/out" '^# register\.newer-2 V1$' 'list: a check with its rule'
has "$tmp/out" '^# probe\.rdmsr D1 optional$' 'list: an optional check'
last='register\.from-.*paged|hypercall32|echo32|.*-legacy$|vcpu\.conventions'
last="$last|memory\.(image|all-at-end)"
is "$(sed '1,/^vcpu\.memory$/d; /^cpuid\.block$/,$d' "$tmp/checks" | grep -vE "^($last)")" '' \
	'list: what leaves long mode comes last'
is "$(sed '/^vcpu\.keeps-all$/q' "$tmp/checks" | grep -E "^($last)")" '' \
	'list: and all of it'
run 0 'only and skip' --append='only=state.*,probe.presence skip=*.size'
is "$(sed -n 's/^ok [0-9]* - //p' "$tmp/out")" \
	"$(expand probe.presence 'state.*' | grep -v '\.size$')" \
	'only and skip choose'
run 0 'a check by its name' --append='only=patch.straddle'
has "$tmp/out" '^ok 1 - patch\.straddle$' 'only=NAME runs a check that is otherwise skipped'
run 0 'the same check by a glob' --append='only=patch.*'
has "$tmp/out" '^ok [0-9]+ - patch\.straddle # SKIP ' 'only=GLOB skips it'
run 0 'echo= of the guest alone' --append='only=echo.rdi' --host=none --accel=tcg
run 1 'an echo service at another index' --append='only=echo.rdi echo=5'

refused() { # OPTIONS MESSAGE
	run 99 "'$1'" --append="$1"
	has "$tmp/out" "$2" "'$1' is refused by name"
	has "$tmp/out" '^# RESULT: ERROR pass=0 fail=0 skip=0 todo=0$' "'$1' is an ERROR"
}

refused 'list frob' "unknown option 'frob'"
refused 'frob=1' "unknown option 'frob"
refused 'seed=' "option 'seed' wants a number from 1, got nothing"
refused 'seed=12z' "option 'seed' wants a number.*, got '12z'"
refused 'seed=0' "option 'seed' wants a number from 1, got '0'"
refused 'echo=1' "option 'echo' wants an index from 2 to 0x7fffffff, got '1'"
refused 'seed=0x10000000000000000' "option 'seed' wants a number"
refused 'serial=0x10000' "option 'serial' wants an I/O port"
refused 'echo-calls=0' "option 'echo-calls' wants a number of calls"
refused 'cpus=0' "option 'cpus' wants a number of processors up to 255, got '0'"
refused 'cpus=256' "option 'cpus' wants a number of processors"
refused 'list=yes' "option 'list' takes no value, got 'yes'"
refused 'only=' "option 'only' wants GLOB,..., got nothing"
refused 'only=probe.*,nonesuch*' "option 'only': no check is named 'nonesuch\*'"
refused 'skip=nonesuch' "option 'skip': no check is named 'nonesuch'"
refused 'only=probe.* skip=*' 'no check is selected'
finish
