#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The guest under Bochs: on the reference host each result is the same as under QEMU; without a host
# the run is skipped, whatever unknown MSRs do.  The runner ends every run with a verdict.
. tests/tap.sh
. tests/boots.sh

if ! bochs_is_here; then
	skip 'Bochs' 'no bochs is here'
	cannot_boot_any
	finish
	exit
fi

runner=tests/run-bochs.sh
. tests/rogue.sh

# start NAME OPTION...: starts a run, after the first four have ended.
running=0
start() {
	name=$1
	shift
	$runner "$@" >"$tmp/$name.tap" 2>"$tmp/$name.err" &
	running=$((running + 1))
	[ $((running % 4)) -ne 0 ] || wait
}

# ---- the guest, in parallel runs ----------------------------------------------------------------

export TMPDIR="$tmp/files"
mkdir "$TMPDIR"
for cpu in ryzen phenom_8650_toliman; do
	start "$cpu-header" --cpu=$cpu
	start "$cpu-linux2007" --cpu=$cpu --host-append=personality=linux2007
done
for cpu in ryzen corei7_skylake_x; do
	for msrs in ignore fault; do
		start "$cpu-$msrs" --host=none --cpu=$cpu --unknown-msrs=$msrs
	done
done
# From the ISO: with BIOS and GRUB.
if grub_is_here; then
	make -s O="$O" iso >&2
	start iso --boot=iso
	start iso-quotes --boot=iso --append="only=\\\"x\\'y\\\\z"
fi
start quotes --append="only=\\\"x\\'y\\\\z"
start control --append="$(printf 'seed=1\tonly=x\001y')"
wait
is "$(ls "$TMPDIR")" '' 'no files are left behind'

for personality in header linux2007; do
	./run-qemu.sh --host-append=personality=$personality >"$tmp/qemu"
	results "$tmp/qemu" >"$tmp/wanted"
	has "$tmp/wanted" '^# RESULT: PASS ' "$personality: passes under QEMU"
	for cpu in ryzen phenom_8650_toliman; do
		results "$tmp/$cpu-$personality.tap" | diff "$tmp/wanted" - >"$tmp/diff"
		ok $? "$personality on $cpu: every result is QEMU's" || sed 's/^/# /' "$tmp/diff"
	done
done

if grub_is_here; then
	./run-qemu.sh >"$tmp/qemu"
	results "$tmp/qemu" >"$tmp/wanted"
	results "$tmp/iso.tap" | diff "$tmp/wanted" - >"$tmp/diff"
	ok $? "from the ISO: every result is QEMU's" || sed 's/^/# /' "$tmp/diff"
	has "$tmp/iso-quotes.tap" "Bail out! option 'only': no check is named '\"x'y.z'" \
		'from the ISO: quotes and backslashes'
else
	skip 'from the ISO' "$no_grub"
fi
has "$tmp/quotes.tap" "Bail out! option 'only': no check is named '\"x'y.z'" \
	'quotes and backslashes'
has "$tmp/control.tap" 'Bail out! command line: byte 0x01 at offset [0-9]+,' 'control characters'

for cpu in ryzen corei7_skylake_x; do
	has "$tmp/$cpu-ignore.tap" \
		'# SKIP no host: RDMSR of 0x87655678 says nothing, WRMSR changes nothing$' \
		"no host on $cpu, unknown MSRs ignored: noticed"
	has "$tmp/$cpu-fault.tap" '# SKIP no host: RDMSR and WRMSR of 0x87655678 fault$' \
		"no host on $cpu, unknown MSRs fault: noticed"
	for msrs in ignore fault; do
		has "$tmp/$cpu-$msrs.tap" '^# RESULT: SKIP pass=0 fail=0 skip=2 todo=0$' \
			"no host on $cpu, unknown MSRs $msrs: skipped"
	done
done

boots 'multiboot 1, boot/rom.asm | none | Bochs' "$(verdict "$tmp/ryzen-ignore.tap")" \
	"$(verdict "$tmp/ryzen-header.tap")"
row='multiboot 1, ISO as CD | BIOS | Bochs'
if grub_is_here; then
	boots "$row" '' "$(verdict "$tmp/iso.tap")"
else
	cannot_boot "$no_grub" "$row"
fi
boots_documented

# ---- guests that go wrong -----------------------------------------------------------------------

alone() { rogue --host=none "$@"; }

# The time limit is long enough for a busy machine; the next tests run meanwhile.
O=$tmp/rogue $runner --host=none --append=do=hang --timeout=10 >"$tmp/hang.tap" 2>"$tmp/hang.err" &
hanging=$!
alone --append=do=triple
judged $? 99 ERROR '^# runner: Bochs ended with status 0: a triple fault.*: rogue, test 1\)' \
	'triple fault'
has "$tmp/out" '^# bochs: .*3rd \(13\) exception' 'what Bochs says of it is shown'
alone --append=do=cut
judged $? 99 ERROR '^# cut off: ok 1 - rogue.c$' 'cut'
alone --append=do=wrongcode
judged $? 99 ERROR '^# runner: exit status 33 means PASS' 'wrongcode'
rogue --append=do=halt --log="$tmp/serial" --debug-log="$tmp/e9"
judged $? 99 ERROR '^# runner: host: .*halted.*\(running: rogue, test 1\)' 'halt, on the host'
has "$tmp/serial" '^Bail out! host: the guest halted' '--log has what the serial port said'
has "$tmp/e9" '^start mem=16 ' '--debug-log has what the host said'
lacks "$tmp/e9" 'Bochs|bochs|t=0|^=|^\(0\)' 'and nothing of what Bochs says'
alone --cpu=nonsense
judged $? 99 ERROR "^# bochs: no CPU model has the name 'nonsense': 'bochs --help cpu' lists them" \
	'no such CPU'
alone -- 'nonsense: x=1'
judged $? 99 ERROR "^# bochs: .*directive 'nonsense' not understood" \
	"an unknown option of Bochs's"

wait $hanging
status=$?
cp "$tmp/hang.tap" "$tmp/out"
judged $status 124 ERROR '^# runner: stopped after 10 s.*\(running: rogue, test 1\)' 'hang'

# ---- Bochs goes wrong: a fake writes what it is told to -----------------------------------------

program "$tmp/fake" <<'END'
for word; do
	case $word in
	"log: "*) printf "$FAKE_LOG" >"${word#log: }" ;;
	com1*) printf "$FAKE_SERIAL" >"${word#*dev=}" ;;
	esac
done
cat >&2 <<'WORDS'
00000000000i[      ] reading configuration
00000000000e[CD1   ] open cd failed
00000000123e[CPU0  ] RDMSR: Unknown register
========================================================================
Bochs is exiting with the following message:
[UNMAP ] Shutdown port: shutdown requested
WORDS
exit 1
END

# forged LOG STATUS WORD REASON NAME: judges a Bochs with this log, whose guest passes.
FAKE_SERIAL='TAP version 13\n1..1\n# run a\nok 1 - a.b\n'
FAKE_SERIAL="$FAKE_SERIAL# RESULT: PASS pass=1 fail=0 skip=0 todo=0\n"
export FAKE_SERIAL FAKE_LOG
forged() {
	FAKE_LOG=$1 BOCHS=$tmp/fake alone
	judged $? "$2" "$3" "$4" "$5"
}

code='00038804971d[UNMAP ] unmapped: 8-bit write to 00f4 = '
end='00038805019p[UNMAP ] >>PANIC<< Shutdown port: shutdown requested\n'
forged "${code}10\n$end" 0 PASS '^ok 1 - a.b$' 'the least that passes'
has "$tmp/out" '^# bochs: \[CD1   \] open cd failed$' 'what went wrong at the start is shown'
is "$(grep -c '^# bochs:' "$tmp/out")" 1 'and nothing else'
forged "${code}11\n$end" 99 ERROR 'exit status 35 means FAIL' 'another code'
forged "${code}10\n${code}13\n$end" 99 ERROR 'exit status 39 means ERROR' 'the last code counts'
forged "$end" 99 ERROR 'Bochs exit status 1 is no verdict' 'an end without a code'
forged "${code}10\n" 99 ERROR 'Bochs exit status 1 is no verdict' 'a code without an end'
forged "${code}10\n00000000001p[BIOS  ] >>PANIC<< No bootable device.\n" \
	99 ERROR '^# bochs: \[BIOS  \] >>PANIC<< No bootable device\.$' 'a panic'
FAKE_SERIAL=
forged "${code}10\n$end" 99 ERROR 'the guest printed no TAP \(exit status 33\)' 'a silent guest'
forged '' 99 ERROR 'Bochs did not start' 'nothing at all'

# A Bochs that finds a port for its display only the second time.
program "$tmp/portless" <<'END'
echo >>"$0.starts"
[ "$(wc -l <"$0.starts")" -eq 2 ] && exec bochs "$@"
echo '00000000000p[RFB   ] >>PANIC<< RFB could not bind any port between 5900 and 5949' >&2
exit 1
END
BOCHS=$tmp/portless $runner --host=none >"$tmp/out"
has "$tmp/out" '^# RESULT: SKIP ' 'no port for the display: tried again'
echo >>"$tmp/portless.starts"
BOCHS=$tmp/portless alone
judged $? 99 ERROR '^# bochs: \[RFB   \] >>PANIC<< RFB could not bind' 'never a port: said so'
is "$(wc -l <"$tmp/portless.starts")" 8 'after five attempts'

BOCHS=/nonexistent alone
judged $? 99 ERROR '^# runner: Bochs cannot be run \(exit status 127\)' 'no Bochs'
BOCHS=/dev/null alone
judged $? 99 ERROR '^# runner: Bochs cannot be run \(exit status 126\)' 'not a program'

# ---- processors ---------------------------------------------------------------------------------

# A fake that prints its options, and what the images are told: by the ROM, or by GRUB's commands.
program "$tmp/show" <<'END'
printf '%s\n' "$@"
for word; do
	case $word in
	romimage*) tr '\0' '\n' <"${word#*=}" | grep -a '^\(mem\|cpus\|echo\)=' ;;
	ata0-master*)
		word=${word#*path=}
		grep -ao '\(multiboot\|module\) /[gh].*' "${word%%,*}" ;;
	esac
done
END

# processors MACHINE MIB GUEST-MIB TOLD OPTION...: Bochs gets MACHINE (count=) and MIB (guest=), the
# host GUEST-MIB (mem=), host and guest TOLD.
processors() {
	counts=$1 mib=$2
	hosts="^mem=$3 ${4}echo=0x6563686f" guests="^${4}echo=0x6563686f .*require"
	shift 4
	BOCHS=$tmp/show rogue --debug-log="$tmp/shown" "$@"
	is "$(sed -n 's/^cpu:.*count=\([0-9]*\).*/\1/p' "$tmp/shown" | tr '\n' ' ')" "$counts" \
		"$*: the machine has as many"
	has "$tmp/shown" "^memory: guest=$mib," "$*: memory"
	has "$tmp/shown" "$hosts" "$*: what the host is told"
	has "$tmp/shown" "$guests" "$*: what the guest is told"
}
processors '1 ' 24 16 'cpus=1 '
processors '64 ' 32 20 'cpus=64 ' --smp=64
processors '1 2 ' 24 16 '' -- 'cpu: count=2'
processors '3 2 ' 24 16 'cpus=3 ' --smp=3 -- 'cpu: count=2'
BOCHS=$tmp/show alone --smp=4 --append=a --debug-log="$tmp/shown"
has "$tmp/shown" '^cpus=4 a$' 'the guest alone is told, too'
if grub_is_here; then
	BOCHS=$tmp/show O=$O $runner --boot=iso --smp=2 --append=a --host-append='b c' \
		--debug-log="$tmp/shown" >"$tmp/out"
	has "$tmp/shown" "^multiboot /host\.elf mem=16 cpus=2 echo=0x6563686f .*'b' 'c'$" \
		'from the ISO: the host is told'
	has "$tmp/shown" "^module /guest\.elf cpus=2 echo=0x6563686f .*require .*'a'$" \
		'from the ISO: so is the guest'
fi
alone --smp=255
judged $? 99 ERROR '^# bochs: .*only 254 threads supported' 'more than Bochs has'

# ---- files and signals --------------------------------------------------------------------------

is "$(ls "$TMPDIR")" '' 'no files are left behind'
program "$tmp/slow" <<'END'
echo $$ >"$SLOW_PID"
exec sleep 30
END
SLOW_PID=$tmp/pid BOCHS=$tmp/slow O=$tmp/rogue $runner >"$tmp/out" 2>"$tmp/err" &
pid=$!
wait_for "$tmp/pid"
kill -s TERM "$pid"
wait "$pid" 2>"$tmp/err"
is $? 143 'a runner that is killed says so'
! kill -0 "$(cat "$tmp/pid")" 2>/dev/null
ok $? 'and takes Bochs along'
is "$(ls "$TMPDIR")" '' 'and its files'
TMPDIR=/nonexistent alone
is $? 99 'no directory for files: an error'
has "$tmp/err" '/nonexistent' 'no directory for files: says where'

# ---- options ------------------------------------------------------------------------------------

misused "unknown option '--accel=kvm'" --accel=kvm
misused "--unknown-msrs: 'x' is none of: ignore fault" --unknown-msrs=x
misused "--unknown-msrs: a value is wanted, as --unknown-msrs=VALUE" --unknown-msrs
misused "--cpu: 'ryzen, ips=1' is no name of a CPU model" --cpu='ryzen, ips=1'
misused '--append: GRUB hands on no control characters: ' --boot=iso \
	--append="$(printf 'do=x\ty')"
misused '--host-append: a double quote without its end: a="b' --boot=iso --host-append='a="b'
misused 'the options are too long for GRUB: 5[0-9][0-9][0-9] characters' --boot=iso \
	--append="$(printf '%5000s' x | tr ' ' y)"
misused 'the options are too long: together 4[0-9]{4} bytes, wanted at most 31488' \
	--append="$(printf '%40000s' x | tr ' ' y)"
misused "--boot: 'cd' is none of: rom iso" --boot=cd
for option in host boot cpu smp unknown-msrs mem append host-append timeout exit-skip log \
	debug-log deps
do
	rogue --help
	has "$tmp/out" "^  --${option}[=[ ]" "--help tells of --$option"
done
misused "cannot write to $tmp/none/log" --log="$tmp/none/log"
misused "cannot write to $tmp/none/log" --debug-log="$tmp/none/log"
cp LICENSE "$tmp/rogue/paraguest.iso"
misused '.*/paraguest\.iso: its grub\.cfg is not that of boot/grub\.cfg' --boot=iso
# Images that do not fit, or are none.
misused '.*/guest\.elf needs memory up to 0x1[0-9a-f]*, the machine has 1 MiB' --host=none \
	--mem=1
misused '.*/host\.elf needs memory up to 0x1[0-9a-f]*, the machine has 16 MiB' -- \
	'memory: guest=16, host=16'
truncate -s 3M "$tmp/rogue/guest.elf"
perl src/runner/rom.pl "$tmp/rom" "$O/rom.bin" "$O/host.elf" '' "$tmp/rogue/guest.elf" '' -- \
	'memory: guest=32, host=32' 2>"$tmp/err"
is $? 0 'what follows the part of a module that is loaded is not in the ROM'
: >"$tmp/rogue/guest.elf"
truncate -s 3M "$tmp/rogue/guest.elf"
misused '.*/host\.elf is too large for .*: 3[0-9]{6} bytes, wanted at most 2096896'
cp LICENSE "$tmp/rogue/host.elf"
misused '.*/host\.elf: no multiboot header with addresses in its first 8192 bytes'
head -c 8192 "$O/host.elf" >"$tmp/rogue/host.elf"
misused ".*/host\.elf: its multiboot header's addresses do not fit the file"
mkdir -p "$tmp/elsewhere/src"
cp -R src/runner "$tmp/elsewhere/src/"
(cd "$tmp/elsewhere/src/runner" && O=build sh run-bochs.sh) 2>"$tmp/err"
is $? 99 'no images and no Makefile: an error'
has "$tmp/err" '^run-bochs.sh: \.\./\.\./rom.bin is not there' 'no images and no Makefile: says why'

# On a machine without Bochs the package manager fails.
mkdir "$tmp/bin"
for program in sh cat cut id sort; do
	ln -s "$(command -v $program)" "$tmp/bin/$program"
done
echo 'exit 1' | program "$tmp/bin/apt-get"
program "$tmp/bin/sudo" <<'END'
[ "$1" != -n ] || shift
"$@"
END
PATH=$tmp/bin $runner --deps >"$tmp/out" 2>"$tmp/err"
is $? 99 '--deps that fails: an error'
has "$tmp/err" "^run-bochs.sh: '(sudo )?apt-get update' failed" '--deps that fails: says why'

prove_reads_them
finish
