#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# However a run ends, it says why, and leaves no process: QEMU is killed by somebody else, the
# runner is killed, the reader goes away, the disk is full.
. tests/tap.sh
. tests/rogue.sh

head='TAP version 13\n1..1\n# run a\n'
good="${head}ok 1 - a.b\n# RESULT: PASS pass=1 fail=0 skip=0 todo=0\n"

# ---- QEMU is killed -----------------------------------------------------------------------------

program "$tmp/dies" <<'END'
printf "$FAKE_TEXT"
kill -s "$FAKE_SIGNAL" $$
sleep 10
END
# dies SIGNAL TEXT PATTERN: QEMU prints TEXT and ends by SIGNAL; the verdict's reason matches
# PATTERN.
dies() {
	FAKE_TEXT=$2 FAKE_SIGNAL=$1 QEMU=$tmp/dies alone --timeout=30
	judged $? 99 ERROR "$3" "QEMU ends by SIG$1"
}
export FAKE_TEXT FAKE_SIGNAL
killed='QEMU was killed from outside by signal'
by_hand='not by the time limit: for want of memory, or by hand'
dies KILL "$head" "^# runner: $killed 9 \\(SIGKILL\\), $by_hand \\(running: a, test 1\\)\$"
has "$tmp/out" '^not ok 1 - runner.killed$' 'the run is a failure'
has "$tmp/out" '^  message: "QEMU was killed .*' 'and says why to programs, too'
dies TERM "$head" "$killed 15 \\(SIGTERM\\)"
dies SEGV "$head" '^# runner: QEMU crashed: signal 11 \(SIGSEGV\) \(running: a, test 1\)$'
dies ABRT "$head" 'QEMU crashed: signal 6 \(SIGABRT\)'
# Discovery comes before the plan and has no result: after the plan it is over.
dies KILL 'TAP version 13\n# run discovery\n' "$killed 9 .* \\(running: discovery\\)\$"
dies KILL 'TAP version 13\n# run discovery\n1..1\n' "$killed 9 \\(SIGKILL\\), $by_hand\$"
has "$tmp/out" '^not ok 1 - runner.killed$' 'after the plan discovery does not run any more'
dies KILL "$good" "$killed 9"
dies KILL '' "$killed 9"

# A wrapper reports it by its exit status.
echo "printf '$head'; exit 137" | program "$tmp/wrapper"
QEMU=$tmp/wrapper alone
judged $? 99 ERROR \
	'QEMU exit status 137 is no verdict: what it ran was killed by signal 9 \(SIGKILL\)' \
	"a wrapper's QEMU is killed"

# QEMU itself exits with 0 on SIGTERM.
program "$tmp/real" <<'END'
echo $$ >"$PID_FILE"
exec qemu-system-x86_64 "$@"
END
export PID_FILE="$tmp/pid"

QEMU=$tmp/real alone --append=do=hang &
running=$!
wait_for "$tmp/out" && wait_for "$tmp/pid"
sleep 0.5
kill "$(cat "$tmp/pid")"
wait $running
judged $? 99 ERROR "$killed 15 \\(SIGTERM\\)" 'QEMU is told to end'

# The runner's time limit, with an engine that ends on SIGTERM, and with one that has to be killed.
echo 'sleep 30' | program "$tmp/obeys"
program "$tmp/stubborn" <<'END'
exec perl -e '$SIG{TERM} = "IGNORE"; sleep 30'
END
for kind in obeys stubborn; do
	QEMU=$tmp/$kind alone --timeout=0.5
	judged $? 124 ERROR '^# runner: stopped after 0.5 s, no verdict$' "the time limit: $kind"
done

# ---- the runner is killed -----------------------------------------------------------------------

# An engine that starts another process, which would stay if only the first one were killed.
program "$tmp/family" <<'END'
sleep 60 &
echo $! >"$CHILD_FILE"
echo $$ >"$PID_FILE"
echo 'TAP version 13'
wait
END
export CHILD_FILE="$tmp/child"

gone() { # NAME
	for _ in $(seq 50); do
		kill -0 "$(cat "$tmp/pid")" 2>/dev/null ||
			kill -0 "$(cat "$tmp/child")" 2>/dev/null || break
		sleep 0.1
	done
	! kill -0 "$(cat "$tmp/pid")" 2>/dev/null && ! kill -0 "$(cat "$tmp/child")" 2>/dev/null
	ok $? "$1: no orphan"
}

# sh makes background processes ignore SIGINT and SIGQUIT; this runs one that does not.
cat >"$tmp/fresh" <<'END'
$SIG{$_} = "DEFAULT" for qw(INT QUIT);
exec @ARGV;
END
for signal in 1 2 3 9 10 12 13 14 15; do
	rm -f "$tmp/pid"
	O=$tmp/rogue QEMU=$tmp/family perl "$tmp/fresh" ./run-qemu.sh --host=none --accel=tcg \
		>"$tmp/out" 2>"$tmp/err" &
	running=$!
	wait_for "$tmp/pid"
	kill "-$signal" $running
	wait $running 2>/dev/null
	is $? $((128 + signal)) "signal $signal: the runner says so"
	gone "signal $signal"
done

rm -f "$tmp/pid"
QEMU=$tmp/family alone &
running=$!
wait_for "$tmp/pid"
kill -KILL "$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$(cat "$tmp/pid")/status")" # src/runner/engine.pl
wait $running
holds 'the judge is killed: an error' test $? -ge 99
gone 'the judge is killed'

# ---- nobody reads -------------------------------------------------------------------------------

rm -f "$tmp/pid"
program "$tmp/talks" <<'END'
sleep 60 &
echo $! >"$CHILD_FILE"
echo $$ >"$PID_FILE"
echo 'TAP version 13'
while sleep 0.1; do echo '# words'; done
END
(O=$tmp/rogue QEMU=$tmp/talks ./run-qemu.sh --host=none --accel=tcg; echo $? >"$tmp/status") |
	head -n 1 >"$tmp/out"
wait_for "$tmp/status"
is "$(cat "$tmp/out") $(cat "$tmp/status")" 'TAP version 13 141' '| head -n 1: ends by SIGPIPE'
gone '| head -n 1'

O=$tmp/rogue ./run-qemu.sh --append=memory=0x9f000 >/dev/full 2>"$tmp/err"
is $? 99 'stdout on a full disk: an error'
has "$tmp/err" '^cannot write to stdout: No space left on device$' 'stdout on a full disk: says so'
O=$tmp/rogue ./run-qemu.sh --append=memory=0x9f000 >&- 2>"$tmp/err"
is $? 99 'no stdout: an error'

# ---- files that can't be written ----------------------------------------------------------------

# unwritable FILE REASON NAME: a run that would pass is an error if FILE is one of its logs.
unwritable() {
	for option in log debug-log; do
		rogue --append=memory=0x9f000 "--$option=$1"
		judged $? 99 ERROR "^# runner: .*cannot write to $1: $2\$" "--$option: $3"
		has "$tmp/out" "^  message: \".*cannot write to $1: " 'and says so to programs, too'
	done
}
unwritable /dev/full 'No space left on device' 'a full disk'
unwritable "$tmp/none/log" 'No such file or directory' 'no directory'
unwritable "$tmp" 'Is a directory' 'a directory'
if mkdir "$tmp/small" && mount -t tmpfs -o size=4k none "$tmp/small" 2>"$tmp/err"; then
	cat /dev/zero >"$tmp/small/filler" 2>/dev/null
	unwritable "$tmp/small/log" 'No space left on device' 'a disk that gets full'
	umount "$tmp/small"
else
	skip '--log: a disk that gets full' 'no tmpfs may be mounted here'
fi
(
	ulimit -f 1 # blocks
	rogue --append=do=hostile --log="$tmp/log"
	echo $? >"$tmp/status"
)
has "$tmp/status" '^99$' '--log: a file that may not grow: an error'

prove_reads_them
finish
