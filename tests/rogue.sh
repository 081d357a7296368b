# SPDX-License-Identifier: GPL-2.0-only
# Sourced behind tap.sh: a build directory whose guest is tests/guests/rogue.c.  It runs under
# $runner, which is run-qemu.sh if nothing else.
# shellcheck shell=sh disable=SC2154 # tap.sh sets O and tmp

build_directory "$tmp/rogue" "$O/tests/rogue.elf"
runner=${runner:-./run-qemu.sh}

# rogue OPTION...: runs it; its output goes to $tmp/out, the runner's messages to $tmp/err.
rogue() {
	O=$tmp/rogue $runner "$@" >"$tmp/out" 2>"$tmp/err"
}

mkdir "$tmp/streams"

# judged GOT_STATUS STATUS WORD PATTERN NAME: $tmp/out ends with this verdict, and says why.
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

# misused MESSAGE OPTION...: the runner refuses, and says why.
misused() {
	message=$1
	shift
	rogue "$@" </dev/null
	is $? 99 "$*: an error"
	has "$tmp/err" "^${runner##*/}: $message" "$*: says why"
	[ ! -s "$tmp/out" ]
	ok $? "$*: runs nothing"
}

# prove_reads_them: all that was judged.  A plan that the results did not keep to is shown as it is,
# and bailing out needs none; nothing else may be wrong.
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
