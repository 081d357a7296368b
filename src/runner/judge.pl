# SPDX-License-Identifier: GPL-2.0-only
# The judge: takes what came out of the serial port, gives well-formed TAP, and comes to a verdict that
# the guest cannot have faked.  src/runner/engine.pl feeds it.
#
# Three witnesses have to agree: the results seen, the guest's last word ("# RESULT: ...") and the
# engine's exit status.  Anything else is an error, under the name of the test that was running.  A
# line that is not what it claims to be becomes a comment.  Whatever comes, memory is bounded.
package Judge;
use strict;
use warnings;

my $LINE_MAX = 4096; # bytes of a line; the guest's own have a few hundred
my $SHOWN_MAX = 200; # of a longer one
my $NOISE_MAX = 20;  # lines before the header, and messages of the engine
my $BLOCK_MAX = 16;  # lines of a YAML block

my %WORD_OF = (33 => 'PASS', 35 => 'FAIL', 37 => 'SKIP', 39 => 'ERROR');
my %SIGNAL = (1 => 'HUP', 2 => 'INT', 3 => 'QUIT', 4 => 'ILL', 5 => 'TRAP', 6 => 'ABRT', 7 => 'BUS',
	8 => 'FPE', 9 => 'KILL', 10 => 'USR1', 11 => 'SEGV', 12 => 'USR2', 13 => 'PIPE', 14 => 'ALRM',
	15 => 'TERM', 24 => 'XCPU', 25 => 'XFSZ', 31 => 'SYS');

# What a terminal takes for a command, and bytes that are no text: glitches, not the guest's words.
my $ODD = qr/\e(?:\[[0-9;?]*[ -\/]*[@-~]|c)|[^\t -~]/;
my $CLAIM = qr/^(?:(?:not )?ok|1\.\.|Bail out!|TAP version|# RESULT:)/;
my $YAML_LINE = qr/^  [a-z]+: "(?:[^"\\]|\\["\\])*"$/; # as the guest writes them, and no other

my ($engine, $seconds, $exit_skip);
my $output = '';
my ($header, $plan, $bail, $verdict_line, $contradiction, $block, $trouble);
my ($running, $seen) = ('', 0);
my %count = (pass => 0, fail => 0, skip => 0, todo => 0);
my @noise;

# What ran the guest and for how long it may, for messages; the exit status of a run that was skipped.
sub start { ($engine, $seconds, $exit_skip) = @_ }

# What there is to print, since the last call.
sub output {
	my $lines = $output;
	$output = '';
	return $lines;
}

sub say { $output .= "$_\n" for @_ }
sub counts { return join ' ', map { "$_=$count{$_}" } qw(pass fail skip todo) }

# The first contradiction inside the stream; the reason why there is no verdict.
sub wrong { $contradiction = $_[0] if !defined $contradiction }

sub trouble {
	my ($kind, $story, $wanted, $got) = @_;
	$trouble = {kind => $kind, story => $story, wanted => $wanted, got => $got};
}

sub show {
	my ($bytes) = @_;
	$bytes =~ s/([^\t -~])/sprintf '\x%02x', ord $1/ge;
	return $bytes;
}

sub begin_of {
	my ($line) = @_;
	return length $line > $SHOWN_MAX ? substr($line, 0, $SHOWN_MAX) . '...' : $line;
}

# ---- bytes to lines -----------------------------------------------------------------------------

# Of a line that is too long, $rest keeps the end, and $dropped counts the bytes before that.
my ($rest, $dropped) = ('', 0);

sub take {
	my ($bytes) = @_;
	my $from = 0;
	$rest .= $bytes;
	while ((my $end = index $rest, "\n", $from) >= 0) {
		end_line(substr $rest, $from, $end - $from);
		$from = $end + 1;
	}
	$rest = substr $rest, $from;
	return if length $rest <= $LINE_MAX;
	long_line_begins($rest) if !$dropped;
	$dropped += length($rest) - $LINE_MAX;
	$rest = substr $rest, -$LINE_MAX;
}

sub end_line {
	my ($line) = @_;
	if (!$dropped && length $line <= $LINE_MAX) {
		guest_line($line);
		return;
	}
	long_line_begins($line) if !$dropped;
	long_line_ends($line);
	$dropped = 0;
}

# Nobody can tell what a line that is not there as a whole would have said.
sub long_line_begins {
	my $text = plain($_[0]);
	return if !$header;
	drop_block();
	wrong('a line of more than ' . $LINE_MAX . ' bytes: ' . begin_of($text)) if $text =~ $CLAIM;
	say('# stray: ' . begin_of(show(substr $_[0], 0, $SHOWN_MAX + 1))) if !defined $verdict_line;
}

sub long_line_ends {
	my ($end) = @_;
	my $bytes = $dropped + length $end;
	$end = substr $end, -$LINE_MAX if length $end > $LINE_MAX;
	if (!$header) {
		guest_line($end); # firmware's, which the header may follow
		return;
	}
	look_for_torn(plain($end));
	say("# stray: that line had $bytes bytes") if !defined $verdict_line;
}

# ---- line by line -------------------------------------------------------------------------------

sub plain {
	my ($line) = @_;
	$line =~ tr/\r//d;
	$line =~ s/$ODD//g;
	return $line;
}

# A Bail out and the verdict are kept until the end, which may contradict them.
sub guest_line {
	my ($line) = @_;
	$line =~ tr/\r//d;
	return if $line eq '';
	my ($text, $shown) = ($line, $line);
	($text, $shown) = (plain($line), show($line)) if $line =~ /[^\t -~]/;

	if (!$header) {
		before_header($line, $text, $shown);
	} elsif (defined $verdict_line) {
		wrong("after the verdict: $text") if $text =~ $CLAIM;
	} elsif ($block && block_takes($shown)) {
		return;
	} elsif ($text =~ /^# RESULT:/) {
		say("# stray bytes: $shown") if $shown ne $text;
		$verdict_line = $text;
	} elsif ($text =~ /^Bail out!/) {
		say("# stray bytes: $shown") if $shown ne $text;
		$bail = $text if !defined $bail;
	} else {
		tap_line($text, $shown);
	}
}

# Firmware may have left the cursor in the middle of a line, and commands for a terminal.  These leave
# no trace, but other bytes that are no text do.
sub before_header {
	my ($line, $text, $shown) = @_;
	if ($text =~ /^(.*)TAP version 13$/) {
		$header = 1;
		push @noise, $shown if $line =~ s/$ODD/length $& > 1 ? '' : $&/ger =~ /[^\t -~]/;
		say('TAP version 13', map { "# before TAP: $_" } grep { /\\x(?!1b)/ } @noise);
		return;
	}
	push @noise, begin_of($shown);
	shift @noise if @noise > $NOISE_MAX;
	$bail = $text if $text =~ /^Bail out!/;
}

sub tap_line {
	my ($text, $shown) = @_;
	my $known = $text =~ /^#/;
	if ($text =~ /^# run ([^ #]*)/) { $running = $1 }
	elsif ($text =~ /^TAP version/) { wrong('a second header') }
	elsif ($text =~ /^1\.\./) { $known = accept_plan($text) }
	elsif ($text =~ /^(?:not )?ok(?: |$)/) { $known = accept_result($text) }
	if (!$known) {
		look_for_torn($text);
		say("# stray: $shown");
		return;
	}
	$shown = $text if $shown ne $text && !means_the_same($text, $shown);
	say($shown);
	$block = [] if $text =~ /^not ok/;
}

# A line with a failure in it is none that may be overlooked.
sub look_for_torn {
	my ($text) = @_;
	wrong('a failure inside a line: ' . begin_of($text)) if $text =~ /not ok [0-9]/;
}

# Bytes that are no text may stay where they are, inside a name or a comment.  Elsewhere they would make
# another line of it for who reads the stream: then they stand in a comment before.
sub means_the_same {
	my ($text, $shown) = @_;
	return 1 if $text =~ /^#/ && $shown =~ /^#/;
	my @wanted = parse_result($text);
	my @got = parse_result($shown);
	return 1 if @got && "@wanted[0, 1, 3]" eq "@got[0, 1, 3]";
	say("# stray bytes: $shown");
	return 0;
}

# Both return whether the line is what it claims to be.
sub accept_plan {
	my ($line) = @_;
	if (defined $plan) { wrong("a second plan: $line") }
	elsif ($seen) { wrong("a plan behind results: $line") }
	elsif ($line !~ /^1\.\.([1-9][0-9]{0,8}$|0 # SKIP)/) { wrong("a malformed plan: $line") }
	else {
		$plan = 0 + ($1 =~ /^([0-9]+)/)[0];
		return 1;
	}
	return 0;
}

# "not " or nothing, number, name, and directive or nothing; nothing at all if it is no result.
sub parse_result {
	my ($line) = @_;
	return if $line =~ /^[^#]*[^ #]#/; # readers differ on what such a # begins
	return if $line !~ /^(not )?ok ([1-9][0-9]*) - ([^ #]\S*)([^#]*)(.*)$/;
	my ($not, $number, $name, $more) = ($1 || '', $2, $3, $5);
	my $directive = $more =~ /^# (TODO|SKIP)(?: |$)/ ? $1 : $more =~ /^#\s*(?:TODO|SKIP)/i ? '?' : '';
	return ($not, $number, $name, $directive);
}

sub accept_result {
	my ($line) = @_;
	my ($not, $number, $name, $directive) = parse_result($line);
	if (!defined $number || $number != $seen + 1) {
		wrong('this is not result ' . ($seen + 1) . ": $line");
		return 0;
	}
	if ($directive eq '?' || $not && $directive eq 'SKIP') {
		wrong("a malformed directive: $line");
		return 0;
	}
	$seen++;
	$running = '' if $name eq $running;
	$count{$directive eq 'SKIP' ? 'skip' : !$not ? 'pass' : $directive ? 'todo' : 'fail'}++;
	return 1;
}

# Whether the line belongs to a block of YAML, which nothing but the line after "not ok" can begin.  It is kept
# until it is whole: readers of TAP choke on half a one.
sub block_takes {
	my ($line) = @_;
	my $fits = !@$block ? $line eq '  ---' : $line =~ $YAML_LINE || ($line eq '  ...' && @$block > 1);
	if (!$fits || @$block == $BLOCK_MAX) {
		drop_block();
		return 0;
	}
	push @$block, $line;
	return 1 if $line ne '  ...';
	say(@$block);
	undef $block;
	return 1;
}

sub drop_block {
	say(map { "# stray: $_" } @$block) if $block;
	undef $block;
}

# ---- the end ------------------------------------------------------------------------------------

sub name_of_signal {
	my ($number) = @_;
	return "signal $number" . ($SIGNAL{$number} ? " (SIG$SIGNAL{$number})" : '');
}

sub killed {
	my ($signal, $by) = @_;
	my $name = name_of_signal($signal);
	my $crash = {map { $_ => 1 } 4, 5, 6, 7, 8, 11, 31}->{$signal};
	my $why = $crash ? "$engine crashed: $name" : "$engine was killed from outside by $name$by, not by the time limit";
	$why .= ': for want of memory, or by hand' if $signal == 9;
	trouble('killed', $why, 'an exit status', $name);
}

# How the engine ended, where that alone rules a verdict out.
sub judge_end {
	my ($end) = @_;
	my ($status, $signal) = @$end{qw(status signal)};
	my ($by_name) = grep { /terminating on signal [0-9]+/ } @{$end->{messages}};
	my @wanted = ('exit status 33, 35, 37 or 39', "exit status $status");

	if ($end->{unable}) {
		trouble('log', "$engine did not start: $end->{unable}");
	} elsif ($end->{timed_out}) {
		my $missing = defined $verdict_line ? 'no end' : 'no verdict';
		trouble('hang', "stopped after $seconds s, $missing", "an end within $seconds s", $missing);
	} elsif (defined $bail && $bail =~ /^Bail out! (host:.*)/) {
		trouble('host', $1);
	} elsif ($signal) {
		killed($signal, '');
	} elsif ($status == 0 && $by_name) {
		$by_name =~ /terminating on signal ([0-9]+)( from pid [0-9]+)?/;
		killed($1, $2 || '');
	} elsif ($status == 0) {
		trouble('reset', "$engine ended with status 0: a triple fault, a reset or a power-off", @wanted);
	} elsif ($status == 1 && !$header) {
		trouble('engine', "$engine did not start (exit status 1)", @wanted);
	} elsif ($status == 126 || $status == 127) {
		trouble('engine', "$engine cannot be run (exit status $status)", @wanted);
	} elsif ($status > 128 && $SIGNAL{$status - 128}) {
		my $like = name_of_signal($status - 128);
		trouble('killed', "$engine exit status $status is no verdict: what it ran was killed by $like", @wanted);
	} elsif (!$WORD_OF{$status}) {
		trouble('engine', "$engine exit status $status is no verdict", @wanted);
	}
}

# What the guest said, against what was seen.  Returns its word if all agree.
sub judge_words {
	my ($status) = @_;
	my $missing = !$header ? "the guest printed no TAP (exit status $status)"
		: !defined $verdict_line ? "the log ends without a verdict (exit status $status)"
		: !defined $bail && !defined $contradiction && !defined $plan ? 'there is no plan' : undef;
	if ($missing) {
		trouble('cut', $missing);
		return;
	}

	my ($word) = $verdict_line =~ /^# RESULT: ([^ ]*)/;
	$word = '' if !defined $word;
	if (defined $contradiction) {
		trouble('verdict', $contradiction);
	} elsif ($verdict_line ne "# RESULT: $word " . counts()) {
		trouble('verdict', 'the results seen are ' . counts(), counts(), substr $verdict_line, 2);
	} elsif ($word ne $WORD_OF{$status}) {
		trouble('verdict', "exit status $status means $WORD_OF{$status}", $WORD_OF{$status}, $word);
	} elsif (defined $bail && $word ne 'ERROR') {
		trouble('verdict', 'a verdict after bailing out', 'ERROR', $word);
	} elsif (!defined $bail && $seen != $plan) {
		trouble('verdict', "$seen results for a plan of $plan", $plan, $seen);
	} elsif ($word eq 'PASS' && !$count{pass} || $word eq 'FAIL' && !$count{fail} ||
			$word =~ /PASS|SKIP/ && $count{fail}) {
		trouble('verdict', "the results do not amount to $word");
	} else {
		return $word;
	}
	return;
}

sub say_block {
	my (%value) = @_;
	say('  ---');
	for my $key (qw(message rule wanted got)) {
		next if !defined $value{$key};
		(my $text = begin_of($value{$key})) =~ s/(["\\])/\\$1/g;
		$text =~ tr/\t/ /;
		say("  $key: \"$text\"");
	}
	say('  ...');
}

# One more test, which failed.
sub report_trouble {
	my ($partial) = @_;
	my ($kind, $story) = @$trouble{qw(kind story)};
	$running = '' if $kind eq 'log'; # no check's fault
	my $message = show($story) . ($running eq '' ? '' : " (running: $running)");

	say('TAP version 13', map { "# before TAP: $_" } @noise) if !$header;
	say("# runner: $message");
	say('# cut off: ' . begin_of($partial)) if $partial ne '';
	say("# $bail") if defined $bail;
	say('# guest said: ' . substr $verdict_line, 2) if defined $verdict_line;

	$seen++;
	$count{fail}++;
	say("not ok $seen - " . ($running eq '' ? "runner.$kind" : $running));
	say_block(message => $message, rule => "runner.$kind",
		wanted => $trouble->{wanted}, got => $trouble->{got});
	say("1..$seen") if !defined $plan;
}

# How the engine ended is in %$end:
#
#   status, signal  its exit status, or the number of the signal that killed it
#   timed_out       we stopped it
#   unable          why it was not even started
#   lost            an error that cost a file that was asked for its contents
#   messages        what it said on stderr, line by line
#
# Returns the exit status of the run.
sub finish {
	my ($end) = @_;
	my $partial = $dropped ? substr $rest, -$SHOWN_MAX : $rest;
	if (!$dropped && plain($rest) =~ (defined $verdict_line ? $CLAIM : qr/^# RESULT:/)) {
		guest_line($rest);
		$partial = '';
	}
	drop_block();

	my $verdict;
	judge_end($end);
	$verdict = judge_words($end->{status}) if !$trouble;
	trouble('log', $end->{lost}) if !$trouble && $end->{lost};
	report_trouble(show($partial)) if $trouble;
	say($bail) if !$trouble && defined $bail;
	say("# runner: $end->{lost}") if $end->{lost} && $trouble->{kind} ne 'log';
	say(map { '# ' . lc($engine) . ': ' . show($_) } @{$end->{messages}});
	say($trouble ? '# RESULT: ERROR ' . counts() : $verdict_line);

	return $trouble->{kind} eq 'hang' ? 124 : 99 if $trouble;
	return {PASS => 0, SKIP => $exit_skip, FAIL => 1}->{$verdict} // 99;
}

1;
