#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The VMM of tests/vmm: each bad input gets its own message; on this machine's KVM, if it has one,
# the guest gets the verdict that it gets under QEMU, and the options do what they say.
. tests/tap.sh
. tests/boots.sh

if [ "$(uname -m)" != x86_64 ]; then
	skip 'the VMM' "this is no x86-64 machine, but $(uname -m)"
	finish
	exit
fi
make -s O="$O" images test-images vmm >&2 || exit 1
vmm=$O/tests/vmm

# wrong MESSAGE WORD...: the VMM ends with status 1 and this message, a regular expression.
wrong() {
	message=$1
	shift
	timeout 20 "$vmm" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	is $? 1 "$*: an error"
	has "$tmp/err" "^vmm: $message\$" "$*: says why"
}

# ---- options ------------------------------------------------------------------------------------

guest=$O/guest.elf
wrong '0 images, wanted one: see --help'
wrong '2 images, wanted one: see --help' a b
wrong 'see --help' --wrong "$guest"
has "$tmp/err" "unrecognized option '--wrong'" 'an unknown option is named'
for value in 1 3073 x '' -2 16M 99999999999999999999; do
	wrong "--mem: '$value' is no number from 2 to 3072" --mem="$value" "$guest"
done
wrong "--smp: '0' is no number from 1 to 255" --smp=0 "$guest"
wrong "--smp: '256' is no number from 1 to 255" --smp=256 "$guest"
wrong '--smp=2: several vCPUs need --irqchip, to wake each other' --smp=2 "$guest"
wrong "--hide: '0x100000000' is no number from 0 to 4294967295" --hide=0x100000000 "$guest"
wrong 'no/such/file: No such file or directory' --module='no/such/file strict' "$guest"
wrong "--module: $guest has 0x[0-9a-f]+ bytes, the memory from 0x1[0-9a-f]+ to 0x200000 is free" \
	--mem=2 --module="$guest" "$guest"
wrong "--boot: unknown word 'pv': see --help" --boot=pv "$guest"
wrong "--end: unknown word '': see --help" --end= "$guest"
wrong '--lapic and --irqchip: wanted one of them' --lapic --irqchip "$guest"
wrong '--end=halt: with --irqchip or --lapic KVM handles HLT itself' --end=halt --lapic "$guest"
wrong "--module: only with --boot=multiboot" --boot=pvh --module="$guest" "$guest"
wrong "--timeout: '0.5' is no number from 0 to 86400" --timeout=0.5 "$guest"
long=$(printf '%4096s' '')
"$vmm" --append="$long" "$guest" >"$tmp/out" 2>"$tmp/err"
has "$tmp/err" '^vmm: --append: the command line has [0-9]+ bytes, wanted less than 4096$' \
	'a command line that is too long'
"$vmm" --module="$guest $long" "$guest" >"$tmp/out" 2>"$tmp/err"
has "$tmp/err" '^vmm: --module: the command line has [0-9]+ bytes, wanted less than 4096$' \
	"a module's command line that is too long"
"$vmm" --help >"$tmp/out"
is $? 0 '--help: exit status'
sed -n 's/.*{"\([a-z-]*\)", [a-z]*_argument.*/\1/p' tests/vmm/main.c >"$tmp/known"
sed -n 's/^  --\([a-z-]*\).*/\1/p' "$tmp/out" >"$tmp/named"
is "$(grep -vxF -f "$tmp/named" "$tmp/known")" help '--help: names all options'

# ---- images -------------------------------------------------------------------------------------

# image HEADER-FIELD...: makes $tmp/image: 16 bytes, a header with these fields (its checksum after
# the flags is right if it is -), and 64 bytes more.
image() {
	perl -e '
		my ($flags, $sum, @rest) = map { /^-$/ ? $_ : hex } @ARGV;
		$sum = -(0x1badb002 + $flags) & 0xffffffff if $sum eq "-";
		print "\0" x 16, pack("V*", 0x1badb002, $flags, $sum, @rest), "\0" x 64;
	' "$@" >"$tmp/image"
}
# bad_image MESSAGE HEADER-FIELD...
bad_image() {
	message=$1
	shift
	image "$@"
	wrong "$tmp/image: $message" "$tmp/image"
}
wrong 'no/such/file: No such file or directory' no/such/file
wrong "$tmp: empty or no file, wanted an image" "$tmp"
: >"$tmp/empty"
wrong "$tmp/empty: empty or no file, wanted an image" "$tmp/empty"
none='no multiboot header in its first 8192 bytes'
wrong "README.md: $none" README.md
echo >"$tmp/short"
wrong "$tmp/short: $none" "$tmp/short"
#                     flags  checksum header   load    load-end bss-end entry
bad_image "$none"     10000  0        100010   100000  100070   100080  100040
bad_image 'its header has flags 0x4, wanted none but 0x10003' \
	              10007  -        100010   100000  100070   100080  100040
bad_image 'its header has no addresses, wanted flag 0x10000' \
	              3      -        100010   100000  100070   100080  100040
bad_image 'its header at byte 0x10 says that it is at address 0x100010, 0x100020 loaded' \
	              10003  -        100010   100020  100070   100080  100040
bad_image 'its header at byte 0x10 says that it is at address 0x100011, 0x100000 loaded' \
	              10003  -        100011   100000  100070   100080  100040
bad_image 'it ends before address 0x100071, which its header wants' \
	              10003  -        100010   100000  100071   100080  100040
bad_image 'it ends before address 0xfffff, which its header wants' \
	              10003  -        100010   100000  fffff    100080  100040
bad_image 'it wants 0xff000 to 0xff080, the memory is 0x100000 to 0x1000000' \
	              10003  -        ff010    ff000   ff070    ff080   ff040
bad_image 'it wants 0x100000 to 0x1000001, the memory is 0x100000 to 0x1000000' \
	              10003  -        100010   100000  100070   1000001 100040
bad_image 'it wants 0xfffff0 to 0x1000060, the memory is 0x100000 to 0x1000000' \
	              10003  -        1000000  fffff0  1000060  0       fffff0
bad_image 'it wants 0xffffff00 to 0xffffff70, the memory is 0x100000 to 0x1000000' \
	              10003  -        ffffff10 ffffff00 0       0       ffffff40
bad_image 'its entry 0x100070 is not in 0x100000 to 0x100070, which is loaded' \
	              10003  -        100010   100000  100070   100080  100070
bad_image 'its entry 0xfffff is not in 0x100000 to 0x100070, which is loaded' \
	              10003  -        100010   100000  100070   100080  fffff

# elf OFFSET BYTES: makes $tmp/image, the guest with these bytes (hexadecimal) there.
elf() {
	cp "$guest" "$tmp/image"
	perl -e 'print pack("H*", shift)' "$2" |
		dd of="$tmp/image" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
# bad_elf MESSAGE OFFSET BYTES
bad_elf() {
	elf "$2" "$3"
	for boot in pvh linux; do
		wrong "$tmp/image: $1" --boot=$boot "$tmp/image"
	done
}
wrong "README.md: no ELF file for x86-64" --boot=linux README.md
wrong "$tmp/short: no ELF file" --boot=pvh "$tmp/short"
bad_elf 'no ELF file for x86-64' 0 00
bad_elf 'no ELF file for x86-64' 4 01 # 32 bits
bad_elf 'its program headers are not all in it' 32 ffffffffffffffff
bad_elf 'its segment 0 is not all in it' 96 ffffffffffffffff
bad_elf "its segment 0 wants 0x[0-9a-f]+ bytes at 0xff000, the memory is 0x100000 to 0x1000000" \
	88 00f00f0000000000
bad_elf "its segment 0 wants 0x[0-9a-f]+ bytes at 0x1000000, the memory is 0x100000 to 0x1000000" \
	88 0000000100000000
note=$(readelf -lW "$guest" | awk '$1 == "NOTE" { print $2 }')
elf $((note + 8)) 13
wrong "$tmp/image: no note with an entry for PVH" --boot=pvh "$tmp/image"

# ---- on this machine's KVM ----------------------------------------------------------------------

if [ ! -w /dev/kvm ]; then
	wrong '/dev/kvm: (No such file or directory|Permission denied)' "$guest"
fi
if ! kvm_is_here; then
	skip 'the guest under the VMM' 'no /dev/kvm that works'
	cannot_boot_any
	finish
	exit
fi

. tests/kvm.sh

# judged_run WORD...: the VMM in QEMU's place; the judge's output goes to $tmp/out.
judged_run() {
	perl src/runner/engine.pl engine=VMM seconds=60 exit_skip=77 log= debug_log= \
		expect="$known" image="$guest" parent=$$ -- "$vmm" "$@" >"$tmp/out" 2>"$tmp/err"
}
# Without its own APIC KVM refuses an MSR that it has otherwise, so there features are enforced.
for options in --enforce --irqchip '--irqchip --smp=2'; do
	# shellcheck disable=SC2086 # a list
	judged_run $options --append='cpus=1 fresh' "$guest"
	is $? 0 "the guest, options '$options': exit status"
	has "$tmp/out" '^# RESULT: PASS ' "the guest, options '$options': passes"
done
boots 'multiboot 1, tests/vmm | none | KVM' "$(verdict "$tmp/out")" ''
for boot in pvh linux; do
	for options in --enforce '--irqchip --smp=2' '--lapic --smp=2 --bare-uart'; do
		# shellcheck disable=SC2086 # a list
		judged_run --boot=$boot $options --append='cpus=1 fresh' "$guest"
		is $? 0 "the guest, booted by $boot, options '$options': exit status"
		has "$tmp/out" '^# RESULT: PASS ' "the guest, booted by $boot, options '$options': passes"
	done
	case $boot in pvh) name=PVH ;; linux) name='Linux, 64 bits' ;; esac
	boots "$name, tests/vmm | none | KVM" "$(verdict "$tmp/out")" ''
done
boots_documented

# ends BOOT HOW PATTERN [OPTION]: the VM ends HOW the guest can, after its verdict; a line of the
# VMM's messages matches PATTERN, or there is none.
ends() {
	# shellcheck disable=SC2086 # an option or none
	timeout 60 "$vmm" --boot="$1" --end="$2" ${4-} --timeout=20 --append="only=probe.presence cpus=1" \
		"$guest" >"$tmp/out" 2>"$tmp/err"
	is $? 0 "booted by $1, --end=$2 ${4-}: ends"
	is "$(tail -n 1 "$tmp/out" | cut -d' ' -f1-3)" '# RESULT: SKIP' \
		"booted by $1, --end=$2 ${4-}: after its verdict"
	is "$(grep -Ecv -e "$3" "$tmp/err")" 0 "booted by $1, --end=$2 ${4-}: says how"
	[ "$3" = '^$' ] || has "$tmp/err" "$3" "booted by $1, --end=$2 ${4-}: by that"
}
for boot in pvh linux; do
	ends $boot keyboard '^$'
	ends $boot triple '^vmm: vCPU 0 at 0x[0-9a-f]+: a triple fault$' --lapic
	ends $boot triple '^vmm: vCPU 0 at 0x[0-9a-f]+: a triple fault$' --bare-uart
done
ends multiboot halt '^$'

judged_run --no-signature "$guest"
is $? 77 'the guest, without a signature: no host'
has "$tmp/out" '^# image: .*guest.elf$' 'the command line begins with the image'

# rogue MODE WORD...: the guest of tests/guests/rogue.c.
rogue=$O/tests/rogue.elf
rogue() {
	mode=$1
	shift
	timeout 60 "$vmm" --append="do=$mode" "$@" "$rogue" >"$tmp/out" 2>"$tmp/err"
}
rogue hang --timeout=2
is $? 124 'a guest that hangs: exit status'
has "$tmp/err" '^vmm: no end within 2 s$' 'a guest that hangs: says so'
has "$tmp/out" '^# run rogue$' 'a guest that hangs: what it said came out'
rogue halt
is $? 1 'a guest that halts: exit status'
has "$tmp/err" '^vmm: vCPU 0 at 0x[0-9a-f]+: halted for ever, for without --irqchip' \
	'a guest that halts: says so'
rogue halt --irqchip --timeout=2
is $? 124 'a guest that halts, with interrupts: exit status'
rogue triple
is $? 0 'a triple fault: exit status'
has "$tmp/err" '^vmm: vCPU 0 at 0x[0-9a-f]+: a triple fault$' 'a triple fault: says so'
judged_run --append=do=triple "$rogue"
is $? 99 'a triple fault: the judge calls it an error'
rogue triple-on-1 --irqchip --smp=2
has "$tmp/err" '^vmm: vCPU 1 at 0x[0-9a-f]+: a triple fault$' \
	'the second vCPU starts by INIT and SIPI'
rogue triple-on-1 --irqchip
is $? 39 'and there is none without --smp'
timeout 60 "$vmm" "$guest" >/dev/full 2>"$tmp/err"
is $? 1 'stdout is full: exit status'
has "$tmp/err" '^vmm: cannot write to stdout: No space left on device$' 'stdout is full: says so'

# shows OPTIONS SIGNATURE FEATURES POLL: what a guest sees with these options; FEATURES is AND and
# wanted value.
shows() {
	# shellcheck disable=SC2086 # a list
	rogue kvm $1
	features=$(sed -n 's/^# features: //p' "$tmp/out")
	is "$(sed -n 's/^# signature: //p' "$tmp/out") $((features & $3)) $(
		sed -n 's/^# poll control: //p' "$tmp/out")" \
		"$2 $4 $5" "options '$1': what the guest sees"
}
poll=0x1000 eoi=0x40
shows '' 0x4b4d564b $((poll | eoi)) $((poll)) 0x1
shows --irqchip 0x4b4d564b $((poll | eoi)) $((poll | eoi)) 0x1
shows --hide=$poll 0x4b4d564b $((poll)) 0 0x1
shows "--hide=$poll --enforce" 0x4b4d564b $((poll)) 0 'exception 13'
shows "--hide=$eoi --irqchip --enforce" 0x4b4d564b $((poll | eoi)) $((poll)) 0x1
shows --no-signature 0 $((poll)) 0 0x1
shows '--no-signature --enforce' 0 $((poll)) 0 'exception 13'
rogue kvm --no-patching
is $? 33 '--no-patching: this KVM can'
finish
