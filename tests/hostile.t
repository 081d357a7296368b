#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The reference host lets its guest use only what belongs to the guest, logs what the guest tries,
# and if the guest cannot go on, ends it and says why.
. tests/tap.sh
. tests/rogue.sh

# ---- what the guest survives --------------------------------------------------------------------

rogue --append=do=hostile --debug-log="$tmp/log"
is $? 0 'a hostile guest is refused everything, and its last call works'
has "$tmp/out" '^# RESULT: PASS pass=2[0-9][0-9] fail=0 skip=[1-4] todo=0$' 'by all attacks'
grep -B 3 '^not ok' "$tmp/out" | sed 's/^/# /'

# named PREFIX: prints what the attacks with this prefix used: MSRs, ports.
named() {
	sed -n "s/^ok [0-9]* - $1\.//p" "$tmp/out"
}

has "$tmp/log" '^forbidden 0 0x300000 = #UD$' 'forbidden instructions are logged'
for access in rdmsr wrmsr; do
	for msr in $(named $access); do
		has "$tmp/log" "^msr 0 $access $msr = #GP\$" "$access of $msr is logged"
	done
done
has "$tmp/log" '^msr 0 wrmsr 0xc0000080 = #GP$' 'a refused WRMSR of EFER is logged'
for port in $(named in); do # in the log, for the guest's own port might read the same
	has "$tmp/log" "^io 0 out $port [124] (0|0x[0-9a-f]+)\$" "a write to port $port is logged"
	has "$tmp/log" "^io 0 in $port [124] = 0x(ff|ffff|ffffffff)\$" \
		"a read from port $port is logged"
done
has "$tmp/log" '^io 0 out 0xe9 1 string$' 'OUTS is logged'
has "$tmp/log" '^io 0 in 0xe9 4 = #GP$' 'INS is logged'
for gpa in 0xa0000 0xb8000 0xff000 0x1000000 0xfffff8 0x100000000 0x10000000000 0x10000000000000 \
	0xfffffffffffff000 0xffffffffffffffff; do
	has "$tmp/log" "^register 0 $gpa = #GP\$" "the registration of $gpa is logged"
done
for site in 0xa0000 0xb8000 0x9fffe 0xfffff 0x1000000 0xfffffe 0xffffffffffffffff; do
	has "$tmp/log" "^register 0 0x[0-9a-f]+ 0x1 0x1000 $site = -1\$" "the site $site is logged"
done
grep -Ev '^(patch 0 0x[0-9a-f]+ 0f 01 d9|verdict 0 0x10)$' "$tmp/log" | tail -n 1 >"$tmp/last"
has "$tmp/last" '^register 0 .* = 0$' 'the honest registration is logged last'
lacks "$tmp/log" XX 'the guest cannot write to the log'

# ---- memory that the guest has, and memory that it does not have --------------------------------

reaches() { # GPA HOW [OPTION...]
	gpa=$1 how=$2
	shift 2
	rogue --append="memory=$gpa $how" "$@"
	is $? 0 "$gpa is the guest's to use: $how $*"
	[ "$how" != write ] || has "$tmp/out" "^# $gpa holds 0x5a\$" "$gpa keeps what is written"
}

# The host ends the guest; the reason is in the stream and in the log.
ends_for() { # NAME REASON LOG_LINE OPTION...
	name=$1 reason=$2 line=$3
	shift 3
	rm -f "$tmp/log"
	rogue --debug-log="$tmp/log" "$@"
	is $? 99 "$name: an error"
	has "$tmp/out" '^# RESULT: ERROR ' "$name: and so says the verdict"
	has "$tmp/out" "^# runner: host: .*$reason" "$name: the reason is in the stream"
	grep -Eq "^end [01] 0x[0-9a-f]+ .*$reason" "$tmp/log" && grep -Eq "$line" "$tmp/log"
	ok $? "$name: and in the log" || sed 's/^/# /' "$tmp/log" | tail -n 5
}

touches() { # GPA HOW [OPTION...]
	gpa=$1 how=$2
	shift 2
	ends_for "$gpa $how $*" 'touched memory that it does not have' "^memory 0 $gpa\$" \
		--append="memory=$gpa $how" "$@"
}

reaches 0x9ffff write
reaches 0xfffff8 write
reaches 0x4ffff8 write --mem=5
touches 0x500000 write --mem=5
# The machine's text screen; but no page for the ABI may be there (see the log above).
for gpa in 0xb8000 0xbffff; do
	reaches "$gpa" ''
	reaches "$gpa" write
done
# The hole below and above the screen; the end of the guest's memory, after which the host may be;
# 1 MiB after 1 GiB and after 512 GiB, where other page tables are used; devices; firmware.
for gpa in 0xa0000 0xb7fff 0xc0000 0xff000 0xfffff 0x1000000 0x1000ff8 0x17ff000 \
	0x40100000 0x100000000 0x8000100000 0xfec00000 0xfee00000 0xfffffff0; do
	touches "$gpa" ''
	touches "$gpa" write
done

# ---- ends ---------------------------------------------------------------------------------------

ends_for 'a triple fault' 'triple fault' . --append=do=triple
ends_for 'HLT with interrupts off' 'halted with interrupts off' . --append=do=halt

ends_for 'a triple fault of vCPU 1' 'triple fault' '^end 1 ' --smp=2 --append=do=triple-on-1
has "$tmp/out" '^# runner: host: .* of vCPU 1 ' \
	'a triple fault of vCPU 1: its number is in the stream'
ends_for 'an APIC touched by XCHG' 'touched its APIC by something else than a MOV' . \
	--smp=2 --append=do=apic
ends_for 'an INIT for vCPU 0' 'was sent an INIT' '^init 1 ' --smp=2 --append=do=init-0
ends_for 'an APIC that one vCPU does not have' 'touched memory that it does not have' . \
	--append=do=apic

# ---- the APIC -----------------------------------------------------------------------------------

# by_apic NAME OPTION...: two vCPUs; and four, of which two wait all the time.  In the end a page is
# still away, as the guest wished: the host's checksum does not mind.
by_apic() {
	name=$1
	shift
	for n in 2 4; do
		rogue --append=do=hostile-apic --smp=$n --host-append=checksum \
			--debug-log="$tmp/log" "$@"
		is $? 0 "$name, $n vCPUs: APIC, kicks and pageout reach vCPUs, and never the host"
		has "$tmp/out" '^# RESULT: PASS pass=(101|104) fail=0 skip=[03] todo=0$' \
			"$name, $n vCPUs: by all attacks"
		grep -B 3 '^not ok' "$tmp/out" | sed 's/^/# /'
	done
	has "$tmp/log" '^pageout 0 0xfee00000 refused$' "$name: a page that is none is logged"
	rogue --append=do=storm --smp=4 "$@"
	is $? 0 "$name: INIT and start-up IPIs from two vCPUs at once: the third one starts again"
	has "$tmp/log" '^icr 0 0x4428 0x[0-9a-f]+ refused$' "$name: an NMI that is refused is logged"
	has "$tmp/log" '^lvt 0 0x360 0x428 refused$' "$name: and so is one by LINT1"
}

by_apic QEMU

# ---- under Bochs: both vendors, and the intercepts that QEMU does not have ----------------------

if bochs_is_here; then
	runner='tests/run-bochs.sh --timeout=300' # the machine may be busy
	for cpu in ryzen corei7_skylake_x; do
		rogue --cpu=$cpu --append=do=hostile
		is $? 0 "$cpu: a hostile guest is refused everything, and its last call works"
		has "$tmp/out" '^# RESULT: PASS pass=2[0-9][0-9] fail=0 skip=1 todo=0$' \
			"$cpu: by all attacks"
		grep -B 3 '^not ok' "$tmp/out" | sed 's/^/# /'
		by_apic "$cpu" --cpu=$cpu
		ends_for "$cpu: an INIT for vCPU 0" 'was sent an INIT' '^init 1 ' --smp=2 \
			--cpu=$cpu --append=do=init-0
		touches 0x1000000 write --cpu=$cpu
	done
	has "$tmp/out" '^# host: exit 0x30 \(EPT violation\), information 0x' \
		'VMX: the exit has its name'
	has "$tmp/out" '^# host: rflags 0x[0-9a-f]* cr0 0x' 'VMX: and the state is told'
	ends_for 'VMX: a triple fault' 'triple fault' . --cpu="$cpu" --append=do=triple
	ends_for 'VMX: HLT with interrupts off' 'halted with interrupts off' . \
		--cpu="$cpu" --append=do=halt
else
	skip 'Bochs' 'no bochs is here'
fi
finish
