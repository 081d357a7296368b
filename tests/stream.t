#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whatever bytes come out of the serial port, and however many: the verdict is right, bytes that are
# not text are shown, memory is bounded, and results come out while the run goes on.  Fake engines
# print the streams.
. tests/tap.sh
. tests/rogue.sh

fake_engine

# engine SECONDS COMMAND: runs only engine.pl, which is faster than run-qemu.sh: the tests are many.
engine() {
	perl src/runner/engine.pl engine=QEMU seconds="$1" exit_skip=0 log= debug_log= parent=$$ \
		-- "$2" \
		>"$tmp/out" 2>"$tmp/err" </dev/null
}

# forged EXIT-STATUS TEXT STATUS WORD REASON NAME: judges an engine that prints only TEXT.
forged() {
	FAKE_STATUS=$1 FAKE_TEXT=$2
	engine 30 "$tmp/fake"
	judged $? "$3" "$4" "$5" "$6"
}
export FAKE_TEXT FAKE_STATUS

head='TAP version 13\n1..1\n# run a\n'
pass='# RESULT: PASS pass=1 fail=0 skip=0 todo=0\n'
fail='# RESULT: FAIL pass=0 fail=1 skip=0 todo=0\n'
todo='# RESULT: PASS pass=0 fail=0 skip=0 todo=1\n'
good="${head}ok 1 - a.b\n$pass"

# ---- bytes that are not text --------------------------------------------------------------------

# A NUL, others that no text has, half a character, and a command that sets a terminal's colour.
while read -r byte shown; do
	forged 33 "$byte$good" 0 PASS '^ok 1 - a.b$' "$shown before the header"
	forged 33 "noise$byte\n$good" 0 PASS '^ok 1 - a.b$' "$shown in firmware's words"
	forged 33 "TAP version$byte 13\n1..1\n# run a\nok 1 - a.b\n$pass" 0 PASS \
		'^TAP version 13$' "$shown inside the header"
	forged 33 "TAP version 13\n${byte}1..1\n# run a\nok 1 - a.b\n$pass" 0 PASS '^1\.\.1$' \
		"$shown before the plan"
	forged 33 "TAP version 13\n1..1$byte\n# run a\nok 1 - a.b\n$pass" 0 PASS '^1\.\.1$' \
		"$shown after the plan"
	forged 33 "${head}${byte}ok 1 - a.b\n$pass" 0 PASS '^ok 1 - a.b$' "$shown before a result"
	has "$tmp/out" "^# stray bytes: ${shown}ok 1 - a.b\$" 'is shown'
	forged 33 "${head}${byte}\nok 1 - a.b\n$pass" 0 PASS "^# stray: $shown\$" \
		"$shown on a line of its own"
	forged 33 "${head}o${byte}k 1 - a.b\n$pass" 0 PASS '^ok 1 - a.b$' "$shown inside a result"
	forged 33 "${head}ok 1 - a.${byte}b\n$pass" 0 PASS "^ok 1 - a.${shown}b\$" \
		"$shown inside a name"
	forged 33 "${head}ok 1 - a.b\n$byte$pass" 0 PASS '^ok 1 - a.b$' "$shown before the verdict"
	forged 33 "${head}ok 1 - a.b\n${pass%??}$byte\n" 0 PASS '^ok 1 - a.b$' \
		"$shown after the verdict"
	forged 33 "$good$byte" 0 PASS '^ok 1 - a.b$' "$shown at the end"
	forged 33 "${head}# words$byte\nok 1 - a.b\n$pass" 0 PASS "^# words$shown\$" \
		"$shown in a comment"
	place=0
	for line in "${byte}not ok 1 - a.b" "not$byte ok 1 - a.b" "not ok$byte 1 - a.b" \
		"not ok 1 $byte- a.b"; do
		place=$((place + 1))
		name="$shown in place $place of a failure"
		forged 35 "$head$line\n$fail" 1 FAIL '^not ok 1 - a.b$' "$name"
		has "$tmp/out" "^# stray bytes: .*$shown" 'is shown'
		forged 33 "$head$line\n$pass" 99 ERROR 'the results seen are pass=0 fail=1' \
			"$name, and PASS"
		forged 33 "$head$line\nok 1 - a.b\n$pass" 99 ERROR 'this is not result 2' \
			"$name, then ok"
	done
	forged 33 "${head}not ok 1 - a.b # TO${byte}DO x\n$todo" \
		99 ERROR 'do not amount to PASS' "$shown in TODO"
	forged 39 "${head}${byte}Bail out! why\n# RESULT: ERROR pass=0 fail=0 skip=0 todo=0\n" \
		99 ERROR '^Bail out! why$' "$shown before Bail out"
	forged 33 "$good${byte}not ok 2 - c\n" 99 ERROR 'after the verdict: not ok 2' \
		"$shown after the verdict, and a result"
done <<'END'
\000 \\x00
\001 \\x01
\177 \\x7f
\303 \\xc3
\377 \\xff
\033[0m \\x1b\[0m
END
forged 33 "\\000noise\\n$good" 0 PASS '^# before TAP: \\x00noise$' 'a NUL from firmware is shown'
forged 33 "${head}grub> not ok 1 - a.b\\nok 1 - a.b\\n$pass" 99 ERROR 'a failure inside a line' \
	'words before a failure'
forged 33 "${good}grub> not ok 2 - c\\n" 99 ERROR 'a failure inside a line' \
	'words before a failure after the verdict'
forged 33 "${good}grub> not ok 2 - c" 99 ERROR 'a failure inside a line' 'the same, cut short'
forged 33 "${head}ok 1 - a.bnot ok 1 - a.b\\n$pass" 99 ERROR 'a failure inside a line' \
	'a success before a failure'
forged 33 "${head}# not ok 1 - a.b\\nok 1 - a.b\\n$pass" 99 ERROR 'a failure inside a line' \
	"a shell's prompt before a failure"
forged 33 "${head}not ok 1 - a.b # todo x\\n$todo" \
	99 ERROR 'a malformed directive' 'a directive that only some readers accept'

# ---- YAML ---------------------------------------------------------------------------------------

yaml='  ---\n  message: "a \\"b\\" \\\\c"\n  rule: "C2"\n  ...\n'
forged 35 "${head}not ok 1 - a.b\n$yaml$fail" 1 FAIL '^  message: "a \\"b\\" \\\\c"$' \
	'a whole block stays as it is'
lacks "$tmp/out" stray 'and all of it'
# broken BLOCK NAME: the block becomes comments, and a failure after it counts.
broken() {
	results="not ok 1 - a\n$1not ok 2 - b\n# RESULT: FAIL pass=0 fail=2 skip=0 todo=0\n"
	forged 35 "TAP version 13\n1..2\n$results" 1 FAIL '^# stray:   ---$' "$2"
	lacks "$tmp/out" '^  ' 'and leaves nothing that looks like one'
}
broken '  ---\n  message: "x"\n' 'a block that never ends'
broken '  ---\n  message: x\n  ...\n' 'a value without quotes'
broken '  ---\n  message: "a"b"\n  ...\n' 'a quote inside a value'
broken '  ---\n  message: "a\\"\n  ...\n' 'a value that never ends'
broken '  ---\n  ...\n' 'a block with nothing in it'
broken '  ---\n  message: "\000"\n  ...\n' 'a NUL in a value'
broken "  ---\\n$(printf '%0100d' 0 | sed 's/0/  message: "x"\\n/g')  ...\\n" 'a block of 100 lines'
forged 33 "${head}ok 1 - a.b\n$yaml$pass" 0 PASS '^# stray:   ---$' 'a block after ok'

# ---- how much -----------------------------------------------------------------------------------

# An engine that runs $FLOOD, Perl, prints a stream, and notes the largest size of its parent's
# memory.
program "$tmp/flood" <<'END'
perl -e "$FLOOD"
printf "$FAKE_TEXT"
sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$PPID/status" >"$FLOOD_MEMORY"
exit "$FAKE_STATUS"
END
export FLOOD FLOOD_MEMORY="$tmp/memory"

# flooded NAME TEXT EXIT-STATUS STATUS WORD REASON: as forged(), with $FLOOD before TEXT.
flooded() {
	FAKE_TEXT=$2 FAKE_STATUS=$3
	engine 120 "$tmp/flood"
	status=$?
	name=$1
	shift 3
	judged $status "$@" "$name"
	memory=$(cat "$tmp/memory")
	holds "$name: in less than 32 MiB ($memory KiB)" test "$memory" -lt 32768
}
FLOOD='print "x" x 1000000 for 1 .. 100'
flooded '100 MB without a newline, then a stream' "\\n$good" 33 0 PASS '^ok 1 - a.b$'
FLOOD='print "x" x 1000000 for 1 .. 10'
flooded '10 MB before the header, on its line' "$good" 33 0 PASS '^ok 1 - a.b$'
flooded '10 MB without a newline' '' 33 99 ERROR 'the guest printed no TAP'
FLOOD='$| = 1; print "TAP version 13\n1..1\n"; print "\0" x 1000000 for 1 .. 100'
flooded '100 MB of NULs inside a stream' "\\n# run a\\nok 1 - a.b\\n$pass" 33 0 PASS \
	'^# stray: that line had 100000000 bytes$'
holds 'and is cut short' test "$(wc -c <"$tmp/out")" -lt 2000
FLOOD='$| = 1; print "TAP version 13\n1..1\n"; print "\0" x 1000000 for 1 .. 10'
flooded '10 MB that hide a failure' "not ok 1 - a.b\\nok 1 - a.b\\n$pass" 33 99 ERROR \
	'a failure inside a line'
FLOOD='$| = 1; print "TAP version 13\n1..1\nok 1 - a\nx "; print "not ok 2 - b", "x" x 1000000'
flooded '1 MB around a failure' "\\n$pass" 33 99 ERROR 'a failure inside a line'
FLOOD='print "TAP version 13\n1..1\nnot ok 1 - "; print "x" x 1000000 for 1 .. 10'
flooded 'a failure with a name of 10 MB' "\\nok 1 - a.b\\n$pass" 33 99 ERROR \
	'a line of more than 4096 bytes: not ok 1'
FLOOD='print "word\n" x 1000 for 1 .. 1000'
flooded 'a million lines before the header' "$good" 33 0 PASS '^ok 1 - a.b$'
FLOOD='print "TAP version 13\n1..1\n"; print "word\n" x 1000 for 1 .. 1000'
flooded 'a million lines inside a stream' "# run a\\nok 1 - a.b\\n$pass" 33 0 PASS \
	'^# stray: word$'
# shellcheck disable=SC2016 # Perl
FLOOD='print "TAP version 13\n1..1000000\n"; print "ok $_ - a.$_\n" for 1 .. 1000000'
flooded 'a million results' '# RESULT: PASS pass=1000000 fail=0 skip=0 todo=0\n' 33 0 PASS \
	'^ok 1000000 - '
FLOOD='print STDERR "word\n" x 1000 for 1 .. 2000'
flooded '10 MB of messages' "$good" 33 0 PASS '^# qemu: word$'
[ "$(grep -c '^# qemu: ' "$tmp/out")" -eq 50 ]
ok $? 'of which the last are shown'
FLOOD='print STDERR "x" x 1000000 for 1 .. 10'
flooded 'a message of 10 MB' "$good" 33 0 PASS '^# qemu: xxx'
# Endless output does not get in the way of the time limit.
FLOOD='print "y" x 4096 while 1'
FAKE_TEXT=''
engine 2 "$tmp/flood"
judged $? 124 ERROR 'stopped after 2 s' 'output that never ends'

# ---- live ---------------------------------------------------------------------------------------

# An engine that goes on when its first result can be read in the output.
program "$tmp/waits" <<'END'
printf 'TAP version 13\n1..1\n# run a\nok 1 - a.b\n'
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	grep -q '^ok 1 - a.b$' "$OUT" && break
	sleep 0.5
done
grep -q '^ok 1 - a.b$' "$OUT" || exit 39
echo '# RESULT: PASS pass=1 fail=0 skip=0 todo=0'
exit 33
END
export OUT="$tmp/out"
engine 30 "$tmp/waits"
judged $? 0 PASS . 'a result comes out while QEMU still runs'

rm -f "$tmp/streams"/*[0-9][0-9][0-9] # the large ones, with which prove is slow
prove_reads_them
finish
