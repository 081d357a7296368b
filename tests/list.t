#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The guest announces only areas.  When a run goes wrong, the runner starts the guest once more for
# its list, and names the check that was running; if the list is not there or does not fit, it says
# area and number.  Nothing that this second start does changes the verdict, takes long, or stays.
. tests/tap.sh
. tests/rogue.sh

fake_engine
program "$tmp/lister" <<'END'
echo "$*" >"$ARGUMENTS"
printf "$FAKE_LIST"
END
export FAKE_TEXT FAKE_STATUS FAKE_LIST ARGUMENTS="$tmp/arguments"
lister=$tmp/lister

# stopped TEXT STATUS: an engine that prints TEXT and ends with STATUS.
stopped() {
	rm -f "$ARGUMENTS"
	FAKE_TEXT=$1 FAKE_STATUS=$2 perl src/runner/engine.pl engine=QEMU seconds=30 exit_skip=0 \
		log= debug_log= lister="$lister" abi=x,y append='only="a b" seed=1' parent=$$ \
		-- "$tmp/fake" >"$tmp/out" 2>"$tmp/err" </dev/null
}

# The message's words for what was running.
running() { sed -n 's/^# runner: .*power-off *//p' "$tmp/out"; }

# named TEXT WORDS RESULT NAME: after TEXT a reset; the message has WORDS, the last result RESULT.
named() {
	stopped "$1" 0
	judged $? 99 ERROR "^not ok [0-9]+ - $3\$" "$4"
	is "$(running)" "$2" "$4: so says the message"
}

x='# abi x\n# a.b X1\n# a.c X2 optional\n# b.a X3\n# a.d X4\n'
y='# abi y\n# c.a Y1\n# c.b Y1\n'
end='# RESULT: SKIP pass=0 fail=0 skip=0 todo=0\n'
head='TAP version 13\n# words\n1..0 # SKIP list\n'
FAKE_LIST=$head$x$y$end
tap='TAP version 13\n1..6\n'
ab='ok 1 - a.b\n' ac='ok 2 - a.c\n' ba='ok 3 - b.a\n' ad='ok 4 - a.d\n' ca='ok 5 - c.a\n'

# ---- what the list names ------------------------------------------------------------------------

named "$tap# run a\n" '(running: a.b)' 'a\.b' 'the first check'
is "$(cat "$ARGUMENTS")" '--append=only="a b" seed=1 --list --abi=x,y' \
	'the runner is told which checks'
named "$tap# run a\n$ab" '(running: a.c)' 'a\.c' 'the second of an area'
named "$tap# run a\nnot $ab# words\nok 2 - a.c # SKIP why\n# run b\n" '(running: b.a)' 'b\.a' \
	'of the next area'
named "$tap# run a\n$ab$ac# run b\n$ba# run a\n" '(running: a.d)' 'a\.d' \
	'of an area that comes back'
named "$tap# run a\n$ab$ac$ba$ad# run c\n" '(running: c.a)' 'c\.a' 'of the next ABI'
named "TAP version 13\n1..3\nok 1 - x # SKIP no host\n# run c\nok 2 - c.a\n" \
	'(running: c.b)' 'c\.b' \
	'after an ABI that is not there'
named "TAP version 13\n1..5\n# run a\n" '(running: a.b)' 'a\.b' 'before one that is not there'
named "$tap# run a\n$ab$ac$ba$ad# run done\n" '(running: done)' 'done' \
	'what is no check, between the ABIs'

# ---- what needs no list -------------------------------------------------------------------------

# unlisted TEXT STATUS PATTERN NAME: the guest is not started again.
unlisted() {
	stopped "$1" "$2"
	status=$?
	has "$tmp/out" "$3" "$4"
	holds "$4: no list is wanted" test ! -e "$ARGUMENTS"
	return "$status"
}
all="$tap# run a\n$ab$ac$ba$ad$ca"
unlisted "${all}ok 6 - c.b\n# RESULT: PASS pass=6 fail=0 skip=0 todo=0\n" 33 \
	'^# RESULT: PASS' 'a pass'
unlisted "${all}not ok 6 - c.b\n# RESULT: FAIL pass=5 fail=1 skip=0 todo=0\n" 35 \
	'^# RESULT: FAIL' 'a failure'
unlisted "${all}ok 6 - c.b\n" 0 '^not ok 7 - runner.reset$' 'after the last check'
unlisted "${all}ok 6 - c.b\n# run done\n" 0 '\(running: done\)$' 'what is no check, at the end'
unlisted 'TAP version 13\n# run discovery\n' 0 '\(running: discovery\)$' 'before the plan'
unlisted "TAP version 13\n# run discovery\n1..6\n" 0 '^not ok 1 - runner.reset$' 'after the plan'
unlisted "$tap# run a\n# RESULT: PASS pass=0 fail=0 skip=0 todo=0\n" 33 \
	'^not ok 1 - runner.verdict$' 'a guest that has come to its end'
unlisted '' 33 'printed no TAP' 'no stream'
stopped "$tap# run a\nBail out! host: gone\n# RESULT: ERROR pass=0 fail=0 skip=0 todo=0\n" 39
has "$tmp/out" '^# runner: host: gone \(running: a\.b\)$' 'the host that ends a guest ends a check'

# ---- lists that are none, or do not fit ---------------------------------------------------------

# unnamed NAME: the list names nothing.
unnamed() {
	named "$tap# run a\n$ab" '(running: a, test 2)' 'runner\.reset' "$1"
}
for wrong in '' 'words\n' "${head}x" "$head$x$y" "$x$y$end" "$head$end" "$head# abi x\n$end" \
	'TAP version 13\nBail out! unknown option\n# RESULT: ERROR pass=0 fail=0 skip=0 todo=0\n'; do
	FAKE_LIST=$wrong number=$((${number:-0} + 1))
	unnamed "not a list, $number"
done
FAKE_LIST="$head$x$y# d.a Z1\n$end"
unnamed 'a list of more checks than are planned'
FAKE_LIST="$head# abi x\n# a.x X1\n# a.c X2\n# b.a X3\n# a.d X4\n$y$end"
unnamed 'a list with another check in the place of the last one'
FAKE_LIST="$head# abi x\n# a.b X1\n# b.c X2\n# b.a X3\n# a.d X4\n$y$end"
unnamed 'a list with another area in the place of the next one'
# Either ABI may be the one that is not there.
FAKE_LIST="$head# abi x\n# a.b X1\n# a.c X2\n# abi y\n# a.b Y1\n# a.d Y2\n$end"
named 'TAP version 13\n1..3\n# run a\n' '(running: a.b)' 'a\.b' 'two ways, one name'
FAKE_LIST="$head# abi x\n# a.b X1\n# a.c X2\n# abi y\n# a.d Y1\n# a.e Y2\n$end"
named 'TAP version 13\n1..3\n# run a\n' '(running: a.b)' 'a\.b' \
	'an absent ABI has a name of its own'
FAKE_LIST=$head$(for n in 1 2 3 4 5 6 7 8 9; do printf '# abi x%s\\n# a.b X1\\n' $n; done)$end
unnamed 'a list of more ABIs than there can be'

# gone: whether the process in $ARGUMENTS has ended, or does so in 5 seconds.
gone() {
	for _ in $(seq 50); do
		grep -q '^State:.[^Z]' "/proc/$(cat "$ARGUMENTS")/status" 2>"$tmp/err" || return 0
		sleep 0.1
	done
	return 1
}

# ---- listers that go wrong ----------------------------------------------------------------------

lister=/nonexistent
unnamed 'no lister'
program "$tmp/wrong" <<'END'
exit 99
END
lister=$tmp/wrong
unnamed 'a lister that fails'
program "$tmp/wrong" <<'END'
while :; do echo '# a.b X1'; done
END
unnamed 'a list without an end'
# The list comes, and then the lister hangs with a child, until it is told to end.
program "$tmp/wrong" <<'END'
trap 'kill "$child"; exit' TERM
sleep 60 &
child=$!
echo "$child" >"$ARGUMENTS"
wait
END
unnamed 'a lister that hangs'
holds 'a lister that hangs: nothing of it stays' gone

# ---- the runners --------------------------------------------------------------------------------

# A guest that can list nothing is not started a third time.
program "$tmp/counts" <<'END'
echo "$*" >>"$ARGUMENTS"
printf 'TAP version 13\n1..2\n# run a\n'
END
rm -f "$ARGUMENTS"
QEMU=$tmp/counts alone --append='only=a.*'
judged $? 99 ERROR '\(running: a, test 1\)$' 'an engine without a list'
is "$(wc -l <"$ARGUMENTS")" 2 'is started once more, and not again'
has "$ARGUMENTS" '^.* list only=a\.\*( |$)' 'with the same choice of checks'
lacks "$ARGUMENTS" '^.* list .*-smp 2( |$)' 'and nothing else'

# A runner that is killed while it lists leaves no process.
program "$tmp/hangs" <<'END'
if [ -e "$ARGUMENTS" ]; then
	sleep 60 &
	echo $! >"$ARGUMENTS"
	wait
fi
touch "$ARGUMENTS"
printf 'TAP version 13\n1..2\n# run a\n'
END
rm -f "$ARGUMENTS"
QEMU=$tmp/hangs O=$tmp/rogue ./run-qemu.sh --host=none --accel=tcg >"$tmp/out" 2>"$tmp/err" &
pid=$!
wait_for "$ARGUMENTS"
kill -s TERM "$pid"
wait "$pid" 2>"$tmp/err"
is $? 143 'killed while it lists: ends by that signal'
holds 'killed while it lists: leaves no process' gone

# The images as they are: what has changed meanwhile is not built.
build_directory "$tmp/images"
rm "$tmp/images"/.built-*
O=$tmp/images ./run-qemu.sh --append='only=patch.*' --list >"$tmp/out" 2>"$tmp/err"
is "$? $(sed -n 's/^# \([a-z]*\)\..*/\1/p' "$tmp/out" | sort -u)" '0 patch' \
	'--list lists what is chosen'
is "$(find "$tmp/images" -name '.built*')" '' '--list builds nothing'
finish
