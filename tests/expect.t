#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --expect: what is listed and fails is TODO, what is listed and passes fails; counts, verdict and
# exit status follow.  Nothing else is excused, and a list that is wrong is an error.  Fake engines
# print most streams, with names of real checks.
. tests/tap.sh
. tests/rogue.sh
. tests/checks.sh

program "$tmp/fake" <<'END'
printf "$FAKE_TEXT"
[ "$FAKE_STATUS" != hang ] || exec sleep 60
exit "$FAKE_STATUS"
END
export FAKE_TEXT FAKE_STATUS
list=$tmp/list.tsv lister=

# engine SECONDS: judges the fake engine with the list $list.
engine() {
	perl src/runner/engine.pl engine=QEMU seconds="$1" exit_skip=77 log= debug_log= \
		expect="$list" image="$O/guest.elf" lister="$lister" parent=$$ -- "$tmp/fake" \
		>"$tmp/out" 2>"$tmp/err" </dev/null
}

# listed CHECK...: makes a list of these checks.
listed() {
	: >"$list"
	for check; do printf '%s\twhy # %s\n' "$check" "$check" >>"$list"; done
}

# forged EXIT-STATUS TEXT STATUS WORD PATTERN NAME: judges an engine that prints only TEXT.
forged() {
	FAKE_STATUS=$1 FAKE_TEXT=$2
	engine 30
	judged $? "$3" "$4" "$5" "$6"
}

a=probe.presence b=state.rest c=patch.straddle # checks that there are
head='TAP version 13\n1..2\n'
yaml='  ---\n  message: "x"\n  ...\n'
fails="${head}not ok 1 - $a\n${yaml}ok 2 - $b\n# RESULT: FAIL pass=1 fail=1 skip=0 todo=0\n"
both="${head}not ok 1 - $a\nnot ok 2 - $b\n# RESULT: FAIL pass=0 fail=2 skip=0 todo=0\n"
passes="${head}ok 1 - $a\nok 2 - $b\n# RESULT: PASS pass=2 fail=0 skip=0 todo=0\n"
skips="${head}ok 1 - $a # SKIP x\nok 2 - $b\n# RESULT: PASS pass=1 fail=0 skip=1 todo=0\n"
todo="${head}not ok 1 - $a # TODO x\nok 2 - $b\n# RESULT: PASS pass=1 fail=0 skip=0 todo=1\n"

# ---- what a list changes ------------------------------------------------------------------------

listed $a
forged 35 "$fails" 0 PASS "^not ok 1 - $a # TODO known: why # $a\$" 'a listed failure'
has "$tmp/out" '^  message: "x"$' 'keeps its reason'
has "$tmp/out" '^# guest said: RESULT: FAIL pass=1 fail=1 skip=0 todo=0$' 'what the guest said'
has "$tmp/out" '^# RESULT: PASS pass=1 fail=0 skip=0 todo=1$' 'is counted as TODO'
forged 35 "$both" 1 FAIL "^not ok 2 - $b\$" 'another failure stays one'
has "$tmp/out" '^# RESULT: FAIL pass=0 fail=1 skip=0 todo=1$' 'and is counted'
forged 33 "$passes" 1 FAIL "^not ok 1 - $a\$" 'a listed check that passes'
has "$tmp/out" "^  message: \"listed in $list, passed\"\$" 'says why it fails'
has "$tmp/out" '^# RESULT: FAIL pass=1 fail=1 skip=0 todo=0$' 'and is counted'
forged 33 "$skips" 0 PASS "^ok 1 - $a # SKIP x\$" 'a listed check that is skipped'
forged 33 "$todo" 0 PASS "^not ok 1 - $a # TODO x\$" 'a listed check that is TODO for the guest'
lacks "$tmp/out" '^# guest said' "there the verdict is the guest's"
forged 35 "$(printf %s "$fails" | sed "s/- $a/- \\\\001$a/")" 0 PASS \
	"^not ok 1 - $a # TODO known: " 'a byte that is no text beside the name'
has "$tmp/out" "^# stray bytes: not ok 1 - .x01$a\$" 'is shown'

listed $a $b
forged 35 "$both" 77 SKIP "^not ok 2 - $b # TODO known: " 'nothing passes: that is no PASS'
forged 35 "$fails" 1 FAIL "^not ok 2 - $b\$" 'one fails, one passes, both are listed'
has "$tmp/out" '^# RESULT: FAIL pass=0 fail=1 skip=0 todo=1$' 'and both are counted'
forged 37 "$(printf %s "$passes" | sed s/PASS/SKIP/)" 1 FAIL "^not ok 1 - $a\$" \
	'listed checks that pass in a run that the guest calls skipped'
forged 37 "$(printf %s "$skips" | sed "s/PASS pass=1/SKIP pass=1/")" 1 FAIL "^not ok 2 - $b\$" \
	'and one of them'

listed $c
forged 35 "$fails" 1 FAIL "^not ok 1 - $a\$" 'a list of checks that were not run changes nothing'
forged 33 "$passes" 0 PASS "^ok 1 - $a\$" 'nor in a run that passes'
printf '# words\n\n' >"$list"
forged 35 "$fails" 1 FAIL "^not ok 1 - $a\$" 'a list of comments excuses nothing'

# ---- what it never excuses ----------------------------------------------------------------------

listed $a $b
running="TAP version 13\n1..2\n# run ${a%.*}\n"
program "$tmp/lister" <<END
printf 'TAP version 13\n1..0 # SKIP list\n# abi x\n# $a R1\n# $b R2\n# RESULT: SKIP \n'
END
lister=$tmp/lister
FAKE_STATUS=hang FAKE_TEXT=$running
engine 1
judged $? 124 ERROR "^not ok 1 - $a\$" 'a listed check that hangs'
has "$tmp/out" '^# RESULT: ERROR pass=0 fail=1 skip=0 todo=0$' 'is counted as a failure'
forged 0 "$running" 99 ERROR "^not ok 1 - $a\$" 'a listed check that resets the machine'
forged 134 "$running" 99 ERROR "^not ok 1 - $a\$" 'a listed check that crashes the engine'
forged 0 "$fails" 99 ERROR 'QEMU ended with status 0' 'a reset after a listed failure'
forged 33 "$fails" 99 ERROR 'exit status 33 means PASS' 'an exit status that contradicts'
forged 33 "$(printf %s "$fails" | sed 's/FAIL pass=1 fail=1/PASS pass=1 fail=0/')" \
	99 ERROR 'the results seen are pass=1 fail=1' "the guest's counts are not those of the list"
forged 33 "$(printf %s "$fails" |
	sed 's/FAIL pass=1 fail=1 skip=0 todo=0/PASS pass=1 fail=0 skip=0 todo=1/')" \
	99 ERROR 'the results seen are pass=1 fail=1' 'not even if they all are'
forged 35 "$(printf %s "$fails" | sed 's/ok 2/grub> not ok 2/')" \
	99 ERROR 'a failure inside a line' 'a torn failure'
forged 35 "${fails}not ok 3 - $c\n" 99 ERROR 'after the verdict: not ok 3' \
	'a result after the verdict'
forged 39 "${running}not ok 1 - $a\nBail out! x\n# RESULT: ERROR pass=0 fail=1 skip=0 todo=0\n" \
	99 ERROR '^Bail out! x$' 'a guest that bails out'
listed $a
forged 35 "${head}not ok 1 - kvm2007\nok 2 - $b\n# RESULT: FAIL pass=1 fail=1 skip=0 todo=0\n" \
	1 FAIL '^not ok 1 - kvm2007$' 'an ABI that is not there, though it is required'

# ---- lists that are wrong -----------------------------------------------------------------------

# wrong_list TEXT MESSAGE: nothing is run, and the reason is this.
wrong_list() {
	# shellcheck disable=SC2059 # with printf's escapes
	printf "$1" >"$list"
	forged 33 "$passes" 99 ERROR "^# runner: QEMU did not start: $list, $2\$" \
		"a wrong list, ${2%%:*}"
	lacks "$tmp/out" '^ok' 'and nothing was run'
}
wanted='wanted CHECK, one tab, and a reason in ASCII:'
wrong_list "# words\n\n$a why\n" "line 3: $wanted '$a why'"
wrong_list "$a\n" "line 1: $wanted '$a'"
wrong_list "$a\t\n" "line 1: $wanted '$a.'"
wrong_list "$a\t why\n" "line 1: $wanted '$a. why'"
wrong_list "$a\tsome\twhy\n" "line 1: $wanted '$a.some.why'"
wrong_list "$a\twhy\r\n" "line 1: $wanted '$a.why.x0d'"
wrong_list "$a\t\303\274\n" "line 1: $wanted '$a..xc3.xbc'"
wrong_list " $a\twhy\n" "line 1: $wanted ' $a.why'"
wrong_list "probe.*\twhy\n" "line 1: $wanted 'probe\\.\\*.why'"
wrong_list "kvm2007\twhy\n" "line 1: $wanted 'kvm2007.why'"
wrong_list "$b\tx\n$a\tx\n$b\tx\n" "line 3: '$b' is listed twice"
wrong_list "$a\tx\nprobe.presenc\tx" "line 2: no check is named 'probe\\.presenc' \\(see 'list'\\)"
wrong_list "robe.presence\tx" "line 1: no check is named 'robe\\.presence' \\(see 'list'\\)"
wrong_list "check.c\tx" "line 1: no check is named 'check\\.c' \\(see 'list'\\)"
list=$tmp/none
forged 33 "$passes" 99 ERROR "did not start: cannot read $tmp/none: No such file or directory$" \
	'no list'
list=$tmp
forged 33 "$passes" 99 ERROR "did not start: cannot read $tmp: Is a directory$" \
	'a directory for a list'

# ---- the runners --------------------------------------------------------------------------------

sed 's/$/	why/' "$tmp/checks" >"$tmp/all.tsv"
./run-qemu.sh --host=none --accel=tcg --append=list --expect="$tmp/all.tsv" >"$tmp/out"
judged $? 0 SKIP . 'each check of the guest can be listed'

make_list=$(sed -n 's/^.* | \(sed .*\) >known.tsv$/\1/p' README.md) # what the README says
# with_list RUNNER: a fault, and a list of one of its failures, then of all.
with_list() {
	run="$1 --host-append=fault=call-rbx --append=only=hypercall64.*"
	printf 'hypercall64.keeps-gprs\twhy\n' >"$tmp/a list.tsv"
	$run --expect "$tmp/a list.tsv" >"$tmp/out"
	judged $? 1 FAIL '^not ok .* - hypercall64.keeps-gprs # TODO known: why$' "$1: a short list"
	sh -c "$make_list" <"$tmp/out" >>"$tmp/a list.tsv"
	$run --expect="$tmp/a list.tsv" >"$tmp/out"
	judged $? 0 PASS '^# guest said: RESULT: FAIL ' "$1: all that fail"
}
with_list ./run-qemu.sh
if bochs_is_here; then
	with_list tests/run-bochs.sh
else
	skip 'tests/run-bochs.sh' 'no Bochs, or no GRUB for its ISO'
fi
misused '--expect: its value is empty$' --expect=

prove_reads_them
finish
