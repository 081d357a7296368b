#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --junit=FILE: the report fits the schema, has what the stream has, and no run that went wrong
# looks right in it.
. tests/tap.sh
. tests/rogue.sh

if ! command -v xmllint >/dev/null; then
	skip '--junit' 'no xmllint here (libxml2-utils)'
	finish
	exit
fi
xml=$tmp/report.xml

# get XPATH: what the report has there.
get() { xmllint --xpath "$1" "$xml" 2>"$tmp/xpath"; }

# fits NAME: the report fits the schema; its numbers are those of its cases and of the stream.
fits() {
	xmllint --noout --schema tests/junit.xsd "$xml" 2>"$tmp/err"
	ok $? "$1: fits the schema" || head -n 5 "$tmp/err" | sed 's/^/# /'
	is "$(get 'concat(//testsuite/@tests, " ", //testsuite/@failures, " ", //testsuite/@errors, " ",
		//testsuite/@skipped)')" \
		"$(get 'concat(count(//testcase), " ", count(//failure), " ", count(//error), " ",
		count(//skipped))')" "$1: its numbers are those of its cases"
	is "$(get 'string(//testsuites/@tests)') $(get 'count(//testcase)-count(//testcase/*)')" \
		"$(get 'string(//testsuite/@tests)') $(sed -n 's/^# RESULT:.* pass=\([0-9]*\) .*/\1/p' \
			"$tmp/out")" "$1: what passed is what the stream has"
	case $(tail -n 1 "$tmp/out") in
	*': ERROR '*) wanted=1 ;;
	*) wanted=0 ;;
	esac
	is "$(get 'number(count(//error) > 0)')" "$wanted" "$1: an error if the run is one, or none"
}

# ---- real runs ----------------------------------------------------------------------------------

run() { # STATUS NAME OPTION...
	wanted=$1 name=$2
	shift 2
	./run-qemu.sh --junit="$xml" "$@" >"$tmp/out" 2>"$tmp/err"
	is $? "$wanted" "$name: exit status"
	fits "$name"
}
run 0 'a pass' --abi=kvm2007
is "$(get 'count(//testcase)')" "$(sed -n 's/^1\.\.//p' "$tmp/out")" 'each result is a case'
is "$(get 'string(//testcase[@name="patch.at-once"]/@classname)')" patch 'the area is the class'
is "$(get 'count(//testcase[@time])')" "$(grep -c '^ok [^#]*$' "$tmp/out")" \
	'a check has a time if it is not skipped'
get 'string(//system-out)' >"$tmp/rest"
has "$tmp/rest" '^# seed: 0x' 'comments that are no check'"'"'s are kept'

run 1 'a failure' --host-append=fault=call-rbx \
	--append='only=probe.presence,hypercall64.keeps-gprs'
values='wanted 0x[0-9a-f]+, got 0x[0-9a-f]+'
case='//testcase[@name="hypercall64.keeps-gprs"]/failure'
get "string($case/@message)" >"$tmp/message"
has "$tmp/message" "^rbx: $values\$" 'the message says why'
is "$(get "string($case/@type)")" 'C2 of kvm2007' 'the type is the rule'
get "string($case)" >"$tmp/text"
has "$tmp/text" "^rbx: $values \\(rule C2 of kvm2007\\)\$" 'and the text has it, too'

printf 'hypercall64.keeps-gprs\ta <b> & "c"\n' >"$tmp/known"
run 0 'a known failure' --host-append=fault=call-rbx --expect="$tmp/known" \
	--append='only=probe.presence,hypercall64.keeps-gprs'
is "$(get 'string(//skipped/@message)')" 'TODO known: a <b> & "c"' \
	'its reason, with what is special in XML'
printf 'probe.presence\tx\n' >"$tmp/known"
run 1 'a list that is out of date' --expect="$tmp/known" --append=only=probe.presence
is "$(get 'string(//failure/@type)')" runner.expect 'is a failure, not an error'
run 0 'no host' --host=none --accel=tcg --append=abi=kvm2007
is "$(get 'count(//skipped[starts-with(@message, "SKIP no host")])')" 1 \
	'a case says why it is skipped'
run 99 'a bad option' --append=nonsense=1
get 'string(//error/@message)' >"$tmp/message"
has "$tmp/message" "^Bail out! unknown option 'nonsense'" 'the Bail out is the error'

# ---- runs that go wrong -------------------------------------------------------------------------

# wrong MODE NAME TYPE MESSAGE: the rogue guest's run is an error of the case NAME.
wrong() {
	alone --append="do=$1" --timeout=2 --junit="$xml"
	fits "$1"
	is "$(get 'string(//testcase[error]/@name)')" "$2" "$1: the case"
	is "$(get 'string(//error/@type)')" "$3" "$1: the type"
	get 'string(//error/@message)' >"$tmp/message"
	has "$tmp/message" "$4" "$1: the message"
}
wrong hang runner.hang runner.hang '^stopped after 2 s, no verdict'
wrong triple runner.reset runner.reset 'a triple fault'
wrong cut runner.cut runner.cut 'the log ends without a verdict'
wrong silent runner.cut runner.cut 'the guest printed no TAP'
wrong noplan runner.cut runner.cut 'there is no plan'
wrong late runner.verdict runner.verdict 'after the verdict: not ok 2'
wrong unexpected rogue.unexpected ERROR '^Bail out! unexpected exception 6'
QEMU=/nonexistent alone --junit="$xml"
fits 'no QEMU'
get 'string(//system-out)' >"$tmp/rest"
has "$tmp/rest" '^# qemu: .*nonexistent' "the engine's messages are there"

# ---- bytes --------------------------------------------------------------------------------------

fake_engine
# forged EXIT-STATUS TEXT NAME: judges an engine that prints only TEXT.
forged() {
	FAKE_STATUS=$1 FAKE_TEXT=$2 perl src/runner/engine.pl engine=QEMU seconds=30 exit_skip=0 \
		log= debug_log= junit="$xml" parent=$$ -- "$tmp/fake" >"$tmp/out" 2>&1 </dev/null
	fits "$3"
}
head='TAP version 13\n1..2\n# run a\n'
fail='# RESULT: FAIL pass=0 fail=2 skip=0 todo=0\n'
yaml='  ---\n  message: "<&> \\"x\\" \\\\ ]]>"\n  rule: "R1"\n  ...\n'
odd='<&>\001\033[1m\tx ]]> \303\244'
forged 35 "$head# $odd\nnot ok 1 - a.<b>&\"\n${yaml}not ok 2 - a.c\n$yaml$fail" \
	'control characters and marks of XML'
is "$(get 'string(//testcase[1]/@name)')" 'a.<b>&"' 'a name'
is "$(get 'string(//testcase[1]/failure/@message)')" '<&> "x" \ ]]>' 'a message'
is "$(get 'string(//testcase[1]/failure)')" "$(printf '<&>\\x01\\x1b[1m\tx ]]> \\xc3\\xa4')" \
	'a text'
forged 35 "${head}ok 1 - a.b\nnot ok 2 - a.b\n$yaml# RESULT: FAIL pass=1 fail=1 skip=0 todo=0\n" \
	'two results of one name'
is "$(get 'string(//testcase[failure]/@name)')" 'a.b (2)' 'both are there'
forged 37 'TAP version 13\n1..0 # SKIP no <kernel>\n# RESULT: SKIP pass=0 fail=0 skip=0 todo=0\n' \
	'a run that is skipped as a whole'
is "$(get 'string(//skipped/@message)')" 'SKIP no <kernel>' 'is a case that says why'

# A guest that never stops to print results.
program "$tmp/fake" <<'END2'
exec perl -e 'print "TAP version 13\n1..30000\n"; print "ok $_ - a.b$_\n" for 1 .. 30000;
	print "# RESULT: PASS pass=30000 fail=0 skip=0 todo=0\n"; exit 33'
END2
perl src/runner/engine.pl engine=QEMU seconds=30 exit_skip=0 log= debug_log= junit="$xml" \
	parent=$$ -- "$tmp/fake" >"$tmp/out" 2>&1 </dev/null
is "$? $(get 'count(//testcase)') $(get 'string(//error/@message)')" \
	'0 10001 more than 10000 results: the rest is not here' 'the report is bounded, and says so'

# ---- files --------------------------------------------------------------------------------------

# The report of another run must not be taken for this one's.
program "$tmp/slow" <<'END2'
echo $$ >"$SLOW_PID"
exec sleep 30
END2
SLOW_PID=$tmp/pid QEMU=$tmp/slow O=$tmp/rogue ./run-qemu.sh --host=none --accel=tcg \
	--junit="$xml" >"$tmp/out" 2>"$tmp/err" &
pid=$!
wait_for "$tmp/pid"
kill -s TERM "$pid"
wait "$pid" 2>"$tmp/err"
holds 'a run that is killed leaves an empty report, not the old one' test ! -s "$xml"
if [ -c /dev/full ]; then
	alone --append=memory=0x9f000 --junit=/dev/full
	is "$? $(grep -c '^# RESULT' "$tmp/out")" '99 0' 'a full disk: no verdict'
	has "$tmp/err" '^cannot write to /dev/full: No space' 'and why'
fi
alone --junit="$tmp/none/x"
judged $? 99 ERROR 'cannot write to .*/none/x' 'a report that cannot be written: no run'

# The schema can fail.
refused() { # SED-SCRIPT NAME
	sed "$1" "$tmp/good.xml" >"$xml"
	! xmllint --noout --schema tests/junit.xsd "$xml" 2>"$tmp/err"
	ok $? "the schema refuses $2"
}
./run-qemu.sh --junit="$tmp/good.xml" --append=only=probe.presence >"$tmp/out"
refused 's/ classname="[^"]*"//' 'a case without a class'
refused 's/ tests="[0-9]*"/ tests="x"/' 'a number that is none'
refused 's/time="0/time="x0/' 'a time that is none'
refused 's/<testcase.*//' 'a report without a case'
finish
