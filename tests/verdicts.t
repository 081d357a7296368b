#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What other programs make of a run that passes, fails, is skipped, hangs, is cut off or bails out:
# none takes for a pass what is none.  The table is printed, as comments.
. tests/tap.sh
. tests/rogue.sh

runs='pass fail skip known hang cut bail'

# The runs, each with its streams, raw logs, reports and exit status.
mkdir "$tmp/run"
record() { # NAME OPTION...
	name=$1
	shift
	"$@" --exit-skip=77 --log="$tmp/run/$name.log" --junit="$tmp/run/$name.xml" \
		>"$tmp/run/$name.tap" 2>"$tmp/err"
	echo $? >"$tmp/run/$name.status"
	# The same again, for programs that start it: with and without --exit-skip.
	program "$tmp/run/$name.sh" <<-END
		cat '$tmp/run/$name.tap'
		exit $(cat "$tmp/run/$name.status")
	END
	sed 's/^exit 77$/exit 0/' "$tmp/run/$name.sh" >"$tmp/run/$name.tap.sh"
	chmod +x "$tmp/run/$name.tap.sh"
}
rogue_run() { O=$tmp/rogue ./run-qemu.sh --host=none --accel=tcg "$@"; }
two='only=probe.presence,hypercall64.keeps-gprs'
printf 'hypercall64.keeps-gprs\tknown\n' >"$tmp/known"
record pass ./run-qemu.sh --append="$two"
record fail ./run-qemu.sh --append="$two" --host-append=fault=call-rbx
record skip ./run-qemu.sh --host=none --accel=tcg --append="$two"
record known ./run-qemu.sh --append="$two" --host-append=fault=call-rbx --expect="$tmp/known"
record hang rogue_run --append=do=hang --timeout=2
record cut rogue_run --append=do=cut
record bail rogue_run --append=do=unexpected
is "$(for run in $runs; do cat "$tmp/run/$run.status"; done | tr '\n' ' ')" '0 1 77 0 124 99 99 ' \
	'the runs end as they should'

# table CONSUMER WANTED...: what $tmp/read has for each run: pass, fail or skip.
table() {
	consumer=$1
	shift
	for run in $runs; do sed -n "s/^$run //p" "$tmp/read"; done | tr '\n' ' ' >"$tmp/row"
	printf '# %-24s %s\n' "$consumer" "$(cat "$tmp/row")"
	is "$(cat "$tmp/row")" "$* " "$consumer: each run is read rightly"
}
# each COMMAND WORD...: runs it for each run, in which RUN is the run's name, and keeps its words.
each() {
	for run in $runs; do
		echo "$run $("$@" "$run" 2>"$tmp/err")"
	done >"$tmp/read"
}
# by_status STATUS
by_status() { if [ "$1" -eq 0 ]; then echo pass; else echo fail; fi; }
echo "# consumer                 $runs"

# ---- TAP ----------------------------------------------------------------------------------------

by_prove() {
	prove -v "$tmp/run/$1.tap.sh" -e '' >"$tmp/out" 2>&1
	by_status $?
}
each by_prove
table prove pass fail pass pass fail fail fail

# by_xml FILE: from the numbers of failures, errors and results that count.
by_xml() {
	[ -s "$1" ] || { echo none; return; }
	bad=$(grep -Ec '<(failure|error)[ >]' "$1")
	cases=$(grep -c '<testcase ' "$1")
	skips=$(grep -c '<skipped' "$1")
	if [ "$bad" -gt 0 ]; then echo fail
	elif [ "$cases" = "$skips" ]; then echo skip
	else echo pass; fi
}
by_formatter() {
	prove --formatter TAP::Formatter::JUnit -e '' "$tmp/run/$1.tap.sh" >"$tmp/x.xml" 2>"$tmp/err"
	by_xml "$tmp/x.xml"
}
if perl -MTAP::Formatter::JUnit -e 1 2>/dev/null; then
	each by_formatter
	table TAP::Formatter::JUnit pass fail pass pass fail fail fail
else
	skip TAP::Formatter::JUnit 'it is not there (libtap-formatter-junit-perl)'
fi
by_harness() {
	perl -MTAP::Harness::JUnit -e '
		TAP::Harness::JUnit->new({xmlfile => shift, exec => [], verbosity => -3})
			->runtests(@ARGV)' "$tmp/x.xml" "$tmp/run/$1.tap.sh" >"$tmp/out" 2>&1
	by_xml "$tmp/x.xml"
}
if perl -MTAP::Harness::JUnit -e 1 2>/dev/null; then
	each by_harness
	table TAP::Harness::JUnit pass fail skip pass fail fail fail
else
	skip TAP::Harness::JUnit 'it is not there (libtap-harness-junit-perl)'
fi

if command -v meson >/dev/null && command -v ninja >/dev/null; then
	mkdir "$tmp/meson"
	{
		echo "project('runs')"
		for run in $runs; do
			echo "test('$run', find_program('$tmp/run/$run.tap.sh'), protocol: 'tap')"
		done
	} >"$tmp/meson/meson.build"
	meson setup "$tmp/meson/build" "$tmp/meson" >"$tmp/out" 2>&1
	meson test -C "$tmp/meson/build" >"$tmp/out" 2>&1
	sed -n 's/^{.*"name": "\([a-z]*\)".* "result": "\([A-Z]*\)".*/\1 \2/p' \
		"$tmp/meson/build/meson-logs/testlog.json" |
		sed 's/ OK$/ pass/; s/ SKIP$/ skip/; s/ [A-Z]*$/ fail/' >"$tmp/read"
	table meson pass fail skip pass fail fail fail
else
	skip meson 'it is not there (meson)'
fi

driver=$(find /usr/share/automake-* -name tap-driver.sh 2>/dev/null | tail -n 1)
by_automake() {
	sh "$driver" --test-name x --log-file "$tmp/x.log" --trs-file "$tmp/x.trs" \
		-- "$tmp/run/$1.tap.sh" >"$tmp/out" 2>&1
	sed -n 's/^:global-test-result: //p' "$tmp/x.trs" |
		sed 's/PASS/pass/; s/SKIP/skip/; s/[A-Z][A-Z]*/fail/'
}
if [ -n "$driver" ]; then
	each by_automake
	table "automake's tap-driver" pass fail skip pass fail fail fail
else
	skip "automake's tap-driver" 'it is not there (automake)'
fi

# As the kernel's kunit.py reads KTAP (tools/testing/kunit/kunit_parser.py, Linux 6.x): it takes as
# many results as are planned, and one that is missing is a crash; of directives it knows only SKIP,
# so a known failure is one.  By its source, it comes to no end if the plan is after a result.
by_kunit() {
	perl -ne '
		next if !($on ||= /^TAP version 1[34]$/);
		$late = 1 if /^1\.\.[0-9]+/ && $seen && !defined $plan;
		$plan = $1 if /^1\.\.([0-9]+)/ && !$seen;
		next if !/^\s*(ok|not ok) [0-9]+ (- )?[^#]*( # .*)?$/ || defined $plan && $seen >= $plan;
		$seen++;
		$count{/ # SKIP/ ? "skip" : $1}++;
		END {
			$plan //= $seen;
			print $late || !$seen || $seen < $plan || $count{"not ok"} ? "fail"
				: $count{ok} ? "pass" : "skip";
		}' "$tmp/run/$1.tap"
}
each by_kunit
table "kunit's parser" pass fail skip fail fail fail fail
# A machine that is reset after its last result: an ERROR, but not for kunit.
perl src/runner/engine.pl engine=none seconds=20 exit_skip=0 log= debug_log= parent=$$ \
	-- cat "$tmp/run/pass.log" >"$tmp/run/late.tap" 2>"$tmp/err"
has "$tmp/run/late.tap" '^# RESULT: ERROR ' 'a reset after the last result: an ERROR'
is "$(by_kunit late)" pass "which kunit's parser does not see"
has README.md "^- kunit's parser reads no more results than are planned: " 'as the README warns'

# ---- the exit status ----------------------------------------------------------------------------

by_exit() {
	"$tmp/run/$1.sh" >"$tmp/out"
	status=$?
	if [ $status = 77 ]; then echo skip; else by_status $status; fi
}
each by_exit
table 'exit status (77: skip)' pass fail skip pass fail fail fail

if command -v ctest >/dev/null; then
	mkdir "$tmp/ctest"
	for run in $runs; do
		echo "add_test($run \"$tmp/run/$run.sh\")"
		echo "set_tests_properties($run PROPERTIES SKIP_RETURN_CODE 77)"
	done >"$tmp/ctest/CTestTestfile.cmake"
	(cd "$tmp/ctest" && ctest) >"$tmp/out" 2>&1
	sed -n 's/^.* Test *#[0-9]*: \([a-z]*\) \.* *\**\([A-Za-z]*\) .*/\1 \2/p' "$tmp/out" |
		sed 's/ Passed/ pass/; s/ Skipped/ skip/; s/ Failed/ fail/' >"$tmp/read"
	table CTest pass fail skip pass fail fail fail
else
	skip CTest 'it is not there (cmake)'
fi

# ---- the runner's report, and the raw log -------------------------------------------------------

by_junit() { by_xml "$tmp/run/$1.xml"; }
each by_junit
table '--junit' pass fail skip pass fail fail fail

readme_grep=$(sed -n "s/^\(grep .*\) serial\.log$/\1/p" README.md)
by_grep() { # a raw log knows nothing of a list, nor of an exit status
	sh -c "$readme_grep '$tmp/run/$1.log'" >"$tmp/out"
	by_status $?
}
each by_grep
table grep pass fail fail fail fail fail fail

# LAVA searches what has come so far, and goes on after a match; lines end with CR LF.
cat >"$tmp/lava.py" <<'END2'
import re, sys
rules = dict(re.findall(r'^  (start|end|pattern|fixupdict): (.*)$', open("README.md").read(), re.M))
text = {name: rules[name].strip('"') for name in ("start", "end", "pattern")}
pattern = re.compile(text["pattern"].replace("\\r", "\r").replace("\\n", "\n"), re.M)
fixup = dict(re.findall(r'"(.*?)": (\w+)', rules["fixupdict"]))
log = open(sys.argv[1], "rb").read().decode("latin-1").replace("\r", "").replace("\n", "\r\n")
seen, results, buffer = False, [], ""
for at in range(0, len(log), 7):
    buffer += log[at : at + 7]
    while True:
        match = pattern.search(buffer)
        if not match:
            break
        results.append((match.group("test_case_id"), fixup[match.group("result")]))
        buffer = buffer[match.end() :]
if len(sys.argv) > 2:
    print("\n".join(" ".join(result) for result in results))
elif text["start"] not in log or not re.search(text["end"], log):
    print("fail")  # it waits until its time is over
elif any(word == "fail" for _, word in results):
    print("fail")
else:
    print("pass" if results else "skip")
END2
by_lava() { python3 "$tmp/lava.py" "$tmp/run/$1.log"; }
if command -v python3 >/dev/null; then
	each by_lava
	# A raw log knows nothing of a list of known failures.
	table LAVA pass fail skip fail fail fail fail
	./run-qemu.sh --log="$tmp/all.log" >"$tmp/all.tap" 2>"$tmp/err"
	python3 "$tmp/lava.py" "$tmp/all.log" all >"$tmp/lava"
	sed -n 's/^ok [0-9]* - \([^ ]*\)$/\1 pass/p; s/^not ok [0-9]* - \([^ ]*\)$/\1 fail/p' \
		"$tmp/all.tap" >"$tmp/wanted"
	holds "LAVA: a whole run's results, without those that are skipped" \
		cmp "$tmp/wanted" "$tmp/lava"
	holds 'and there were some' grep -q ' # SKIP ' "$tmp/all.tap"
else
	skip LAVA 'no python3 here'
fi
finish
