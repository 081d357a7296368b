#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# If a stream contradicts itself, the runner's verdict is ERROR, with the reason; its output is
# always TAP that prove can read.  A fake QEMU prints the streams.
. tests/tap.sh
. tests/rogue.sh

fake_engine

# forged EXIT-STATUS TEXT STATUS WORD REASON NAME: judges a QEMU that prints only TEXT.
forged() {
	FAKE_STATUS=$1 FAKE_TEXT=$2 QEMU=$tmp/fake alone
	judged $? "$3" "$4" "$5" "$6"
}

head='TAP version 13\n1..1\n# run a\n'
pass='# RESULT: PASS pass=1 fail=0 skip=0 todo=0\n'
fail='# RESULT: FAIL pass=0 fail=1 skip=0 todo=0\n'
error='# RESULT: ERROR pass=0 fail=0 skip=0 todo=0\n'
nothing='TAP version 13\n1..0 # SKIP why\n# RESULT: SKIP pass=0 fail=0 skip=0 todo=0\n'
good="${head}ok 1 - a.b\n$pass"

forged 33 "$good" 0 PASS '^ok 1 - a.b$' 'the least that passes'
forged 35 "${head}not ok 1 - a.b\n$fail" 1 FAIL '^not ok 1 - a.b$' 'the least that fails'
forged 37 "${head}ok 1 - a.b # SKIP why\n# RESULT: SKIP pass=0 fail=0 skip=1 todo=0\n" \
	0 SKIP '# SKIP why$' 'the least that is skipped'
forged 37 "$nothing" 0 SKIP '^1..0 # SKIP why$' 'nothing to do'
results='1..2\nok 1 - a\nnot ok 2 - b # TODO why\n'
forged 33 "TAP version 13\n$results# RESULT: PASS pass=1 fail=0 skip=0 todo=1\n" \
	0 PASS '# TODO why$' 'a known failure'
forged 39 "${head}Bail out! why\n$error" 99 ERROR '^Bail out! why$' 'the guest bails out'

noise='\033c\033[?7l\033[2JSeaBIOS (version 1.16)\r\nBooting from ROM..\r\n\r\n'
printf '%s\n' 'TAP version 13' 1..1 '# run a' 'ok 1 - a.b' \
	'# RESULT: PASS pass=1 fail=0 skip=0 todo=0' >"$tmp/wanted"
forged 33 "$noise$good" 0 PASS . 'firmware before the header'
cmp -s "$tmp/wanted" "$tmp/out"
ok $? 'leaves no trace'
forged 33 "${noise}grub> $good" 0 PASS . 'firmware on the same line as the header'
cmp -s "$tmp/wanted" "$tmp/out"
ok $? 'leaves no trace either'
forged 33 "$(printf %s "$good" | sed 's/\\n/\\r\\n/g')" 0 PASS . 'CR LF'
cmp -s "$tmp/wanted" "$tmp/out"
ok $? 'becomes LF'
forged 33 "${good%??}" 0 PASS . 'a verdict without a newline'
cmp -s "$tmp/wanted" "$tmp/out"
ok $? 'gets one'
forged 0 "${noise}ok 1 - forged\n1..1\n${pass}" 99 ERROR '^# before TAP: ok 1 - forged$' 'no header'
forged 33 '\001\377binary\n' 99 ERROR '^# before TAP: ' 'binary'
forged 33 '' 99 ERROR 'the guest printed no TAP' 'nothing at all'
forged 39 "Bail out! why\n$error" 99 ERROR '^# Bail out! why$' 'bails out before the header'

forged 33 "$head$pass" 99 ERROR 'the results seen are pass=0' 'a plan, no result'
forged 33 "${head}$(printf %s "$pass" | sed s/pass=1/pass=0/)" \
	99 ERROR '0 results for a plan of 1' 'a plan, no result, and the right counts'
forged 33 "TAP version 13\n1..2\nok 1 - a.b\n$pass" \
	99 ERROR '1 results for a plan of 2' 'a result too few'
forged 33 "${head}ok 1 - a.b\nok 2 - c.d\n$(printf %s "$pass" | sed s/pass=1/pass=2/)" \
	99 ERROR '2 results for a plan of 1' 'a result too many'
forged 33 "${head}ok 2 - a.b\n$pass" 99 ERROR 'this is not result 1: ok 2 - a.b' 'a wrong number'
forged 33 "${head}ok 1 - a.b\nok 1 - a.b\n$pass" \
	99 ERROR 'this is not result 2: ok 1 - a.b' 'a result twice'
forged 33 "${head}ok 1\n$pass" 99 ERROR 'this is not result 1: ok 1' 'a result without a name'
forged 33 "${head}ok\n$pass" 99 ERROR 'this is not result 1: ok' 'a result without a number'
forged 33 "${head}ok 1 - # SKIP\n$pass" \
	99 ERROR 'this is not result 1' 'a directive instead of a name'
forged 33 "${head}1..1\nok 1 - a.b\n$pass" 99 ERROR 'a second plan: 1..1' 'a second plan'
forged 33 "TAP version 13\nok 1 - a.b\n1..1\n$pass" \
	99 ERROR 'a plan behind results: 1..1' 'a late plan'
forged 33 "TAP version 13\n1..1x\nok 1 - a.b\n$pass" \
	99 ERROR 'a malformed plan: 1..1x' 'a malformed plan'
forged 37 "$(printf %s "$nothing" | sed 's/ # SKIP why//')" \
	99 ERROR 'a malformed plan: 1..0' 'nothing to do, and no reason'
forged 33 "${head}TAP version 13\nok 1 - a.b\n$pass" 99 ERROR 'a second header' 'a second header'
forged 33 "$good$good" 99 ERROR 'after the verdict: TAP version 13' 'a second stream'
forged 33 "${good}$pass" 99 ERROR 'after the verdict: # RESULT: PASS' 'a second verdict'
forged 33 "${good}Bail out! late\n" \
	99 ERROR 'after the verdict: Bail out! late' 'bails out after the verdict'
forged 33 "${head}Bail out! why\nok 1 - a.b\n$pass" \
	99 ERROR 'a verdict after bailing out' 'passes after bailing out'
forged 33 "${good%????}\n" 99 ERROR 'the results seen are' 'a verdict cut short'
forged 33 "${head}ok 1 - a.b\n# RESULT: PASSED pass=1 fail=0 skip=0 todo=0\n" \
	99 ERROR 'exit status 33 means PASS' 'a verdict with another name'
forged 33 "${head}not ok 1 - a.b\n# RESULT: PASS pass=0 fail=1 skip=0 todo=0\n" \
	99 ERROR 'do not amount to PASS' 'PASS with a failure'
forged 33 "${head}ok 1 - a.b # SKIP why\n# RESULT: PASS pass=0 fail=0 skip=1 todo=0\n" \
	99 ERROR 'do not amount to PASS' 'PASS with all skipped'
forged 35 "${head}ok 1 - a.b\n# RESULT: FAIL pass=1 fail=0 skip=0 todo=0\n" \
	99 ERROR 'do not amount to FAIL' 'FAIL without a failure'
forged 37 "${head}not ok 1 - a.b\n# RESULT: SKIP pass=0 fail=1 skip=0 todo=0\n" \
	99 ERROR 'do not amount to SKIP' 'SKIP with a failure'
forged 33 "${head}  ---\n  x: y\nok 1 - a.b\n$pass" 0 PASS '^# stray:   ---$' 'YAML that never ends'
forged 33 "TAP version 13\n1..1\npragma +strict\nok 1 - a.b\nhello\n$pass" \
	0 PASS '^# stray: hello$' 'stray words'
for status in 0 1 3 31 34 41 255; do
	forged $status "$good" 99 ERROR '^# guest said: RESULT: PASS' "PASS and exit status $status"
done
for status in 35 37 39; do
	forged $status "$good" 99 ERROR "exit status $status means" "PASS and exit status $status"
done

FAKE_STATUS=37 FAKE_TEXT="$nothing" QEMU=$tmp/fake alone --exit-skip=77
judged $? 77 SKIP . '--exit-skip'
results='1..5\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP x\nnot ok 4 - d # TODO x\nok 5 - e\n'
forged 35 "TAP version 13\n$results# RESULT: FAIL pass=2 fail=1 skip=1 todo=1\n" \
	1 FAIL 'pass=2 fail=1 skip=1 todo=1$' 'one of each'

# What might pass for a last line of the runner's, with each process ID that it could have.
cat >"$tmp/fake" <<'EOF'
#!/bin/sh
printf "$FAKE_TEXT"
pid=$$
while [ "$pid" -gt 1 ]; do
	printf '%srun-qemu.sh %s: 33' "$separator" "$pid"
	separator=$FAKE_SEPARATOR
	pid=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$pid/status")
done
printf "$FAKE_SEPARATOR"
exit "$FAKE_STATUS"
EOF
export FAKE_SEPARATOR
for FAKE_SEPARATOR in '
' '	' ''; do
	forged 35 "$good" 99 ERROR 'exit status 35 means FAIL' 'a forged end'
	forged 0 "$good" 99 ERROR 'QEMU ended with status 0' 'a forged end after a reset'
done

forged 35 "${head}not ok 1 - a#TODO x\n# RESULT: FAIL pass=0 fail=1 skip=0 todo=0\n" \
	99 ERROR 'this is not result 1: not ok 1 - a#TODO x' \
	'a directive that only some readers accept'
forged 33 "${good}not ok 2 - c" 99 ERROR 'after the verdict: not ok 2 - c' \
	'a result after the verdict, cut short'
mkfifo "$tmp/fifo"
rogue --append=memory=0x9f000 --log="$tmp/fifo"
judged $? 99 ERROR "cannot write to $tmp/fifo" 'a log to a named pipe that nobody reads'
PERL_UNICODE=SDA PERL5OPT=-CSDA rogue --append=memory=0x9f000
judged $? 0 PASS . "Perl options in the environment"

rogue --append=memory=0x9f000
judged $? 0 PASS '^ok 1 - rogue.memory$' 'a guest that does nothing wrong'

prove_reads_them
finish
