#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --log-dir=DIR keeps all of a run, whatever becomes of it, with each runner.
. tests/tap.sh
. tests/rogue.sh

dir="$tmp/logs of/a run"

# kept FILE PATTERN NAME
kept() { has "$dir/$1" "$2" "$3: $1"; }

# same NAME: the stream is what was printed, and the serial log has the stream.
same() {
	holds "$1: the stream is what was printed" cmp "$dir/stream.tap" "$tmp/out"
	holds "$1: there are all files" test -e "$dir/serial.log" -a -e "$dir/host.log" \
		-a -e "$dir/engine.log"
}

rogue --append=memory=0x9f000 --log-dir="$dir"
judged $? 0 PASS . 'a pass, in a new directory'
same 'a pass'
tr -d '\r' <"$dir/serial.log" | cmp -s - "$tmp/out"
ok $? 'a pass: the serial log is the raw stream'
kept host.log '^start mem=16 ' 'a pass'
is "$(cat "$dir/engine.log")" '' 'a pass: QEMU said nothing'

rogue --append=do=hang --timeout=2 --log-dir="$dir"
judged $? 124 ERROR . 'a timeout'
same 'a timeout'
kept serial.log '^# run rogue$' 'a timeout'
kept host.log '^start mem=16 ' 'a timeout'
kept engine.log 'terminating on signal 15' 'a timeout'
kept stream.tap '^# RESULT: ERROR' 'a timeout'
lacks "$dir/serial.log" 'memory' 'what an earlier run left is gone'

alone --append=do=triple --log-dir="$dir"
judged $? 99 ERROR . 'without a host'
holds 'without a host: no log of one' test ! -e "$dir/host.log"

# More than the 50 messages that the stream has.
program "$tmp/talks" <<'END2'
i=0
while [ $((i += 1)) -le 60 ]; do printf 'message %s \033[1m\n' $i >&2; done
printf 'no end' >&2
exit 1
END2
QEMU=$tmp/talks alone --log-dir="$dir"
is "$(grep -c '^message [0-9]* .\[1m$' "$dir/engine.log") $(tail -n 1 "$dir/engine.log")" \
	'60 no end' "all of the engine's messages are kept, unchanged"

# --log and --debug-log say where theirs go.
rogue --append=memory=0x9f000 --log-dir="$dir" --log="$tmp/x" --debug-log="$tmp/y"
judged $? 0 PASS . '--log and --debug-log with it'
has "$tmp/x" '^# RESULT' 'the serial log is where --log says'
has "$tmp/y" '^start' "the host's is where --debug-log says"
is "$(find "$dir" -name '*.log' -o -name '*.tap' | sed 's|.*/||' | sort | tr '\n' ' ')" \
	'engine.log stream.tap ' 'and not in the directory'

# A CI job that gives up kills the runner: what came until then is there.
program "$tmp/slow" <<'END2'
printf 'TAP version 13\n1..1\n# run a\n'
echo 'a message' >&2
sleep 1
echo $$ >"$SLOW_PID"
exec sleep 30
END2
SLOW_PID=$tmp/pid QEMU=$tmp/slow O=$tmp/rogue ./run-qemu.sh --host=none --accel=tcg \
	--log-dir="$dir" >"$tmp/out" 2>"$tmp/err" &
pid=$!
wait_for "$tmp/pid"
kill -s TERM "$pid"
wait "$pid" 2>"$tmp/err"
for file in stream.tap serial.log; do kept $file '^# run a$' 'killed'; done
kept engine.log '^a message$' 'killed'

misused "--log-dir: cannot make $tmp/out/x" --log-dir="$tmp/out/x"
# full COMMAND: an engine whose stream cannot be kept.
full() {
	perl src/runner/engine.pl engine=QEMU seconds=30 exit_skip=0 log= debug_log= \
		stream=/dev/full parent=$$ -- sh -c "$1" >"$tmp/out" 2>"$tmp/err" </dev/null
}
if [ -c /dev/full ]; then
	full 'printf "TAP version 13\n1..1\n"; sleep 0.2; printf "ok 1 - a.b\n# RESULT: PASS"
		echo " pass=1 fail=0 skip=0 todo=0"; exit 33'
	judged $? 99 ERROR '^# runner: cannot write to /dev/full: No space' 'a full disk'
	full :
	is "$? $(grep -c '^# RESULT' "$tmp/out")" '99 0' 'full when the verdict comes: none is printed'
	has "$tmp/err" '^cannot write to /dev/full: No space' 'and why'
else
	skip 'a full disk' 'no /dev/full'
fi

# ---- the other runners --------------------------------------------------------------------------

if bochs_is_here; then
	runner=tests/run-bochs.sh
	rogue --append=do=hang --timeout=8 --log-dir="$dir"
	judged $? 124 ERROR . 'Bochs, a timeout'
	same 'Bochs, a timeout'
	kept serial.log '^# run rogue$' 'Bochs, a timeout'
	kept host.log '^start mem=16 ' 'Bochs, a timeout'
	rogue --cpu=nonsense --log-dir="$dir"
	kept engine.log "no CPU model has the name 'nonsense'" 'Bochs, no such CPU'
	runner=./run-qemu.sh
else
	skip '--log-dir with Bochs' 'no bochs here'
fi
if [ -s "$O/linux-release/vmlinuz" ]; then
	tests/run-stock-kvm.sh --timeout=200 --append='only=cpuid.*' --log-dir="$dir" \
		>"$tmp/out" 2>"$tmp/err"
	is $? 0 'a stock KVM: exit status'
	same 'a stock KVM'
	kept host.log '^\[ .* Linux version' "a stock KVM, Linux's log"
	kept engine.log '^Linux ' 'a stock KVM, what the VMM says'
else
	skip '--log-dir with a stock KVM' "no $O/linux-release"
fi
finish
