# SPDX-License-Identifier: GPL-2.0-only
# Sourced after tap.sh: runs the guest of tests/guests/rogue.c, which misbehaves as it is told, by
# $runner (run-qemu.sh).
# shellcheck shell=sh disable=SC2154 # tap.sh sets O and tmp

build_directory "$tmp/rogue" "$O/tests/rogue.elf"
runner=${runner:-./run-qemu.sh}

# rogue OPTION...: runs it; its output goes to $tmp/out, the runner's messages to $tmp/err.
rogue() {
	O=$tmp/rogue $runner "$@" >"$tmp/out" 2>"$tmp/err"
}

# fake_engine: makes $tmp/fake, which prints $FAKE_TEXT and ends with $FAKE_STATUS.
fake_engine() {
	program "$tmp/fake" <<'END'
printf "$FAKE_TEXT"
exit "$FAKE_STATUS"
END
}

mkdir "$tmp/streams"

# judged GOT-STATUS STATUS WORD PATTERN NAME: the run ended with STATUS, and $tmp/out has WORD as
# its only verdict, in the last line, and a line that matches PATTERN.
judged() {
	cp "$tmp/out" "$tmp/streams/$tests"
	tail -n 1 "$tmp/out" >"$tmp/last"
	[ "$1" = "$2" ] && grep -q "^# RESULT: $3 " "$tmp/last" && grep -Eq -e "$4" "$tmp/out" &&
		[ "$(grep -c '^# RESULT:' "$tmp/out")" = 1 ]
	ok $? "$5" || {
		echo "# wanted: exit status $2, RESULT: $3, and a line: $4"
		sed "s/^/# got $1: /" "$tmp/out"
	}
}

alone() { # OPTION...
	rogue --host=none --accel=tcg "$@"
}

# misused MESSAGE OPTION...: the runner runs nothing, and says why.
misused() {
	message=$1
	shift
	rogue "$@" </dev/null
	is $? 99 "$*: an error"
	has "$tmp/err" "^${runner##*/}: $message" "$*: says why"
	[ ! -s "$tmp/out" ]
	ok $? "$*: runs nothing"
}

# prove_reads_them: prove can read all streams that were judged.  It may only complain of plans that
# the results do not fit.
prove_reads_them() {
	perl -MTAP::Parser -e '
		for my $file (@ARGV) {
			my $parser = TAP::Parser->new({exec => ["cat", $file]});
			my $bailed = 0;
			$parser->callback(bailout => sub { $bailed = 1 });
			$parser->run;
			next if $bailed;
			print "$file: $_\n" for grep { !/^Bad plan/ } $parser->parse_errors;
		}' "$tmp/streams"/* >"$tmp/errors"
	is "$(cat "$tmp/errors")" '' 'prove can read all of these streams'
}
