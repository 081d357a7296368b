#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The runner ends every run with a verdict, whatever the guest and QEMU do, and its options do what
# --help says.
. tests/tap.sh
. tests/rogue.sh

# ---- guests that go wrong -----------------------------------------------------------------------

alone --append=do=hang --timeout=2
judged $? 124 ERROR '^# runner: stopped after 2 s.*\(running: rogue, test 1\)' 'hang, alone'
has "$tmp/out" '^not ok 1 - runner.hang$' 'the hang is a failure'
rogue --append=do=hang --timeout=2
judged $? 124 ERROR '^not ok 1 - runner.hang$' 'hang, on the host'
alone --append=do=halt --timeout=2
judged $? 124 ERROR '^not ok 1 - runner.hang$' 'halt, alone'
rogue --append=do=halt
judged $? 99 ERROR '^# runner: host: .*halted.*\(running: rogue, test 1\)' 'halt, on the host'
alone --append=do=triple
judged $? 99 ERROR '^# runner: QEMU ended with status 0: a triple fault.*: rogue, test 1\)' \
	'triple fault, alone'
rogue --append=do=triple
judged $? 99 ERROR '^# runner: host: .*triple fault.*\(running: rogue, test 1\)' \
	'triple fault, on the host'

for host in none ref; do
	set -- --host=$host --accel=tcg
	rogue "$@" --append=do=cut
	judged $? 99 ERROR '^# cut off: ok 1 - rogue.c$' "cut, host=$host"
	rogue "$@" --append=do=silent
	judged $? 99 ERROR '^# runner: the guest printed no TAP \(exit status 33\)' \
		"silent, host=$host"
	rogue "$@" --append=do=noplan
	judged $? 99 ERROR '^# runner: there is no plan' "noplan, host=$host"
	rogue "$@" --append=do=lie
	judged $? 99 ERROR '^# runner: the results seen are pass=1 fail=0 ' "lie, host=$host"
	rogue "$@" --append=do=late
	judged $? 99 ERROR '^# runner: after the verdict: not ok 2 - rogue.later' "late, host=$host"
	rogue "$@" --append=do=wrongcode
	judged $? 99 ERROR '^# runner: exit status 33 means PASS' "wrongcode, host=$host"

	rogue "$@" --append=do=overflow
	judged $? 99 ERROR '^Bail out! .* 14 in rogue.overflow: stack overflow$' \
		"overflow, host=$host"
	rogue "$@" --append=do=double
	judged $? 99 ERROR '^Bail out! .* 8 in rogue.double$' "double fault, host=$host"
	rogue "$@" --append=do=unexpected
	judged $? 99 ERROR '^Bail out! .* 6 in rogue.unexpected$' "unexpected exception, host=$host"
	has "$tmp/out" '^# vector 6 error 0 rip 0x1[0-9a-f]+ ' 'the report tells what and where'
	for register in rax:aaaa rbx:bbbb rcx:cccc rdx:dddd rsi:5151 rdi:d1d1 r8:808 r9:909 \
		r10:1010 \
		r11:1111 r12:1212 r13:1313 r14:1414 r15:1515; do
		has "$tmp/out" "^# (.* )?${register%:*} +0x0+${register#*:}( |\$)" \
			"and ${register%:*}"
	done
done

rogue --append=nonsense=1
judged $? 99 ERROR "^Bail out! unknown option 'nonsense'" 'an option that the guest does not know'

# ---- QEMU goes wrong ----------------------------------------------------------------------------

build_directory "$tmp/bad" LICENSE
O=$tmp/bad ./run-qemu.sh --host=none --accel=tcg >"$tmp/out"
judged $? 99 ERROR '^# runner: QEMU did not start' 'no image at all'
has "$tmp/out" '^# qemu: ' "QEMU's messages are shown"
QEMU=/nonexistent alone
judged $? 99 ERROR '^# runner: QEMU cannot be run \(exit status 127\)' 'no QEMU'
QEMU=/dev/null alone
judged $? 99 ERROR '^# runner: QEMU cannot be run \(exit status 126\)' 'not a program'
alone --cpu=nonsense
judged $? 99 ERROR '^# qemu: .*nonsense' 'no such CPU'
alone --log="$tmp/none/log"
judged $? 99 ERROR '^# runner: QEMU did not start' 'a log that cannot be written'

# Without a UART the guest ends by itself, but its exit status is not enough for a verdict.
for verdict in do=silent memory=0x9f000; do
	alone --append=$verdict -- -M microvm,acpi=off,isa-serial=off
	judged $? 99 ERROR '^# runner: the guest printed no TAP \(exit status 33\)' \
		"no UART, $verdict"
done

# ---- files --------------------------------------------------------------------------------------

rogue --append=memory=0x9f000 --log="$tmp/a,b.log" --debug-log="$tmp/c,d.log"
judged $? 0 PASS . '--log and --debug-log'
sed 's/\r$//' "$tmp/a,b.log" | cmp -s - "$tmp/out"
ok $? '--log has all serial output'
has "$tmp/c,d.log" '^start mem=16 ' '--debug-log has the host'"'"'s log'
here=$PWD
(cd "$tmp" && O=$tmp/rogue "$here/run-qemu.sh" --append=memory=0x9f000 --log=relative.log) \
	>"$tmp/out"
holds "paths are relative to the caller's directory" test -s "$tmp/relative.log"

# ---- signals ------------------------------------------------------------------------------------

program "$tmp/slow" <<'END'
echo $$ >"$SLOW_PID"
exec sleep 30
END
SLOW_PID=$tmp/pid QEMU=$tmp/slow O=$tmp/rogue ./run-qemu.sh --host=none --accel=tcg \
	>"$tmp/out" 2>"$tmp/err" &
pid=$!
wait_for "$tmp/pid"
kill -s TERM "$pid"
wait "$pid" 2>"$tmp/err"
is $? 143 'a runner that is killed says so'
sleep 0.1
! kill -0 "$(cat "$tmp/pid")" 2>/dev/null
ok $? 'and takes QEMU along'

# ---- options ------------------------------------------------------------------------------------

misused "unknown option '--nonsense'" --nonsense
misused "unknown option '--nonsense=1'" --nonsense=1
misused "unknown option 'word'" word
misused "unknown option '-m'" -m 32
misused '--host: a value is wanted, as --host=VALUE' --host
misused '--host: a value is wanted, as --host=VALUE' --host --accel=tcg
misused "--host: 'xen' is none of: ref none" --host=xen
misused "--accel: 'hvf' is none of: tcg kvm auto" --accel hvf
misused "--cpu: its value is empty" --cpu=
misused "--log: its value is empty" --log=
misused "--junit: its value is empty" --junit=
misused "--log-dir: its value is empty" --log-dir=
for value in 0 016 65537 -1 1.5 16M x 99999999999999999999; do
	misused "--mem: '$value' is not a whole number from 1 to 65536" --mem=$value
done
for value in 0 256 -1 1.5 x 04 2,sockets=2; do
	misused "--smp: '$value' is not a whole number from 1 to 255" --smp=$value
done
misused "--exit-skip: '256' is not a whole number from 0 to 255" --exit-skip=256
for value in x 1s .5 5. 1.2.3 -1; do
	misused "--timeout: '$value' is not a number of seconds" --timeout=$value
done
for value in 16 1 16M size=8M,slots=2; do
	misused "-m $value: the reference host is loaded at 16 MiB, wanted more than that" \
		-- -m $value
done
misused "--gdb: '0' is not a whole number from 1 to 65535" --gdb=0
misused "--gdb: 'x' is not a whole number from 1 to 65535" --gdb=x
if [ -e /dev/kvm ]; then
	skip '--accel=kvm without /dev/kvm' 'there is a /dev/kvm'
else
	misused '--accel=kvm: /dev/kvm is not there' --accel=kvm
fi

rogue --help
is $? 0 '--help'
for option in host accel cpu smp mem append host-append timeout exit-skip junit log log-dir \
	debug-log gdb deps; do
	has "$tmp/out" "^  --${option}[=[ ]" "--help tells of --$option"
done

# Options reach QEMU unchanged.
program "$tmp/show" <<'END'
for word; do printf '[%s]\n' "$word" >&2; done
exit 1
END
QEMU=$tmp/show rogue --mem 32 --append 'a,b  c' --host-append=d -- -name 'x y'
has "$tmp/out" '^# qemu: \[40\]$' "the machine's memory is the guest's and the host's"
QEMU=$tmp/show rogue --mem=4
has "$tmp/out" '^# qemu: \[24\]$' "a small guest's machine has room for the host at 16 MiB"
QEMU=$tmp/show rogue --mem 32 --append 'a,b  c' --host-append=d -- -name 'x y'
echo='echo=0x[0-9a-f]+ kvm-echo=0x[0-9a-f]+ pageout=0x[0-9a-f]+'
has "$tmp/out" "^# qemu: \[.*/guest\.elf cpus=1 $echo require fresh a,,b  c\]\$" \
	"the guest's options"
has "$tmp/out" "^# qemu: \[mem=32 cpus=1 $echo d\]\$" "the host's options"
has "$tmp/out" '^# qemu: \[x y\]$' "QEMU's own options"
# processors MACHINE MIB GUEST-MIB TOLD OPTION...: QEMU gets MACHINE (-smp) and MIB (-m), the host
# GUEST-MIB (mem=), host and guest TOLD.
processors() {
	pattern="-m $2 .* -append mem=$3 ${4}echo.*/guest\\.elf ${4}echo"
	machine=$1
	shift 4
	QEMU=$tmp/show rogue "$@"
	sed -n 's/^# qemu: \[\(.*\)\]$/\1/p' "$tmp/out" | tr '\n' ' ' >"$tmp/line"
	has "$tmp/line" "$pattern" "$*: memory, and what guest and host are told"
	is "$(grep -o -e '-smp [0-9]*' "$tmp/line")" "-smp $machine" "$*: what QEMU is told"
}
processors 1 24 16 'cpus=1 '
processors 4 24 16 'cpus=4 ' --smp 4
processors 64 32 20 'cpus=64 ' --smp=64
processors 64 44 32 'cpus=64 ' --smp=64 --mem=32
processors 255 54 31 'cpus=255 ' --smp=255
processors 3 24 16 '' -- -smp 3
processors 3 24 16 'cpus=4 ' --smp=4 -- -smp 3
QEMU=$tmp/show alone --smp=4 --append=a
has "$tmp/out" '^# qemu: \[fresh cpus=4 a\]$' 'a guest without a host is told, too'
# accelerated WORD OPTION...: QEMU gets this -accel on a machine with two CPUs.
mkdir "$tmp/two"
echo 'echo 2' | program "$tmp/two/nproc"
accelerated() {
	wanted=$1
	shift
	PATH=$tmp/two:$PATH QEMU=$tmp/show alone "$@"
	is "$(sed -n '/^# qemu: \[-accel\]$/{n; s/.*\[\(.*\)\]/\1/p;}' "$tmp/out" | tr '\n' ' ')" \
		"$wanted " "-accel: $*"
}
accelerated tcg
accelerated tcg --smp=2
accelerated tcg,thread=single --smp=3
accelerated tcg,thread=multi --smp=3 -- -accel tcg,thread=multi

# limit SECONDS OPTION...: the run has this time limit.
mkdir "$tmp/limits"
program "$tmp/limits/perl" <<'END'
printf '%s\n' "$@"
END
limit() {
	wanted=$1
	shift
	PATH=$tmp/limits:$PATH alone "$@"
	has "$tmp/out" "^seconds=$wanted\$" "the time limit: $*"
}
limit 30
limit 156 --smp=64
limit 5 --smp=64 --timeout=5
limit 0 --smp=64 --gdb=1235
QEMU=$tmp/show rogue --gdb=1235 --host=none --accel=tcg
has "$tmp/err" 'target remote :1235' '--gdb tells how to connect'
has "$tmp/out" '^# qemu: \[tcp:127.0.0.1:1235\]$' '--gdb reaches QEMU'

# ---- builds and packages ------------------------------------------------------------------------

mkdir -p "$tmp/elsewhere/src"
cp run-qemu.sh "$tmp/elsewhere/"
cp -R src/runner "$tmp/elsewhere/src/"
O=build "$tmp/elsewhere/run-qemu.sh" 2>"$tmp/err"
is $? 99 'no images and no Makefile: an error'
has "$tmp/err" "^run-qemu.sh: $tmp/elsewhere/host.elf is not there" \
	'no images and no Makefile: says why'
echo 'all: ; false' >"$tmp/elsewhere/Makefile"
O=build "$tmp/elsewhere/run-qemu.sh" 2>"$tmp/err"
is $? 99 'a build that fails: an error'
has "$tmp/err" '^run-qemu.sh: the build failed: make images' 'a build that fails: says why'
: >"$tmp/file" # no directory, and never one, as /dev/null may become for root
O=$tmp/file/build ./run-qemu.sh 2>"$tmp/err"
is $? 99 'no build directory: an error'
has "$tmp/err" "^run-qemu.sh: cannot make the build directory $tmp/file/build" \
	'no build directory: says why'

# A machine with few programs, and package managers that do nothing.
mkdir "$tmp/bin"
for program in sh perl cat cut find id sort; do
	ln -s "$(command -v $program)" "$tmp/bin/$program"
done
program "$tmp/bin/sudo" <<'END'
[ "$1" != -n ] || shift
"$@"
END
deps() { # MANAGER STATUS
	echo "exit $2" | program "$tmp/bin/$1"
	PATH=$tmp/bin QEMU=$tmp/show alone --deps
	rm "$tmp/bin/$1"
}
deps apt-get 0
has "$tmp/err" '^(sudo )?apt-get install -y --no-install-.* .*bochs .*gcc .*qemu-system-x86' \
	'--deps with apt-get'
has "$tmp/out" '^# RESULT: ' 'and then the run'
deps dnf 0
has "$tmp/err" '^(sudo )?dnf install -y .*gcc .*qemu-system-x86-core' '--deps with dnf'
deps pacman 0
has "$tmp/err" '^(sudo )?pacman -S --needed --noconfirm .*gcc .*qemu-system-x86' \
	'--deps with pacman'
deps apt-get 1
has "$tmp/err" "^run-qemu.sh: '(sudo )?apt-get install .*' failed" '--deps that fails'
deps none 0
has "$tmp/err" '^run-qemu.sh: neither apt-get, dnf nor pacman is here to install: .*gcc' \
	'--deps with none'

prove_reads_them
finish
