#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The judge's verdicts on mutants of real streams: 4000, always the same.  And judges with a
# mistake, which have to be noticed: otherwise the mutants prove nothing.
# shellcheck disable=SC2016 # Perl's variables
. tests/tap.sh

tests/fuzz-judge.sh 1 4000 >"$tmp/out" 2>"$tmp/err"
ok $? 'no mutant gets a wrong verdict' || sed 's/^/# /' "$tmp/out" "$tmp/err"
verdicts='[0-9]+ ERROR, [0-9]+ FAIL, [0-9]+ PASS, [0-9]+ SKIP'
has "$tmp/out" "^4000 mutants of 16 streams, .*: $verdicts; 0 wrong\$" 'each verdict has mutants'
tests/fuzz-judge.sh 1 >"$tmp/out" 2>"$tmp/err"
is $? 99 'without a count nothing runs'

# mistake NAME FILE SED-SCRIPT: makes a judge with it.
mistake() {
	mkdir "$tmp/$1"
	cp src/runner/*.pl "$tmp/$1"
	sed -i "$3" "$tmp/$1/$2"
	! cmp -s "src/runner/$2" "$tmp/$1/$2"
	ok $? "a judge that $(echo "$1" | tr _ ' ')" && judges="$judges $tmp/$1"
}
judges=''
mistake does_not_count judge.pl 's/} elsif ($line ne .*/} elsif (0) {/'
mistake does_not_compare_the_exit_status judge.pl 's/} elsif ($word ne $wanted) {/} elsif (0) {/'
mistake forgets_the_plan judge.pl 's/ && $seen != $plan) {/ \&\& 0) {/'
mistake does_not_look_inside_lines stream.pl 's/^sub look_for_torn {/&\n\treturn;/'
mistake stops_reading_at_the_verdict stream.pl 's/contradict("after the verdict.*/;/'
mistake forgets_contradictions judge.pl 's/if (defined $contradiction) {/if (0) {/'
mistake forgets_a_Bail_out judge.pl 's/ && $word ne .ERROR.) {/ \&\& 0) {/'
mistake takes_any_number stream.pl 's/ || $number != $seen + 1//'
mistake prints_its_verdict_twice judge.pl 's/^sub report_trouble {/&\n\tsay("# RESULT: PASS");/'
mistake takes_a_hang_for_a_verdict judge.pl 's/if ($end->{timed_out}) {/if (0) {/'
mistake forgets_signals judge.pl 's/} elsif ($signal) {/} elsif (0) {/'
mistake ends_wrong judge.pl 's/FAIL => 1}/FAIL => 0}/'
mistake excuses_what_it_reports_itself judge.pl 's/^\t$said->{printed}{fail}++;//;
	s/^\tsay("not ok $number - " .*/\tsay("not ok $number - x # TODO known: x");/;
	s/^\t$word = $trouble ? .*/\t$word = "PASS";/'
mistake excuses_what_is_not_listed expect.pl \
	's/return $kind if !defined $reason || /$reason = "x" if $kind eq "fail"; &/'
mistake lets_a_list_rot expect.pl "s/return (.fail., /return ('pass', /"
mistake calls_nothing_a_PASS judge.pl \
	's/ && $word ne .SKIP. ? .PASS. : .SKIP./ || 1 ? "PASS" : "SKIP"/'
mistake counts_the_list_as_the_guest stream.pl 's/^\t$printed{$kind}++;/&\n\t%count = %printed;/'

# said_of JUDGE: prints what was said of it.
said_of() { sed -n "\\|^$1:\$|,/ mutants of /p" "$tmp/out"; }

# Most are noticed by few mutants; only the others get all.
# shellcheck disable=SC2086 # lists of directories
{
	tests/fuzz-judge.sh 1 500 $judges >"$tmp/out" 2>"$tmp/err"
	others=$(for judge in $judges; do
		said_of "$judge" | grep -q '; [1-9][0-9]* wrong$' || echo "$judge"
	done)
	[ -z "$others" ] || tests/fuzz-judge.sh 1 4000 $others >>"$tmp/out" 2>"$tmp/err"
}
for judge in $judges; do
	said_of "$judge" >"$tmp/one"
	has "$tmp/one" '; [1-9][0-9]* wrong$' "is noticed: ${judge##*/}"
done
finish
