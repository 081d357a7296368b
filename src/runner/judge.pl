# SPDX-License-Identifier: GPL-2.0-only
# The judge: comes to a verdict that the guest cannot have faked, and prints the last lines.
#
# Three witnesses have to agree: the results seen, the guest's last line ("# RESULT: ...") and the
# engine's exit status.  Anything else is an error, reported as a failure of the check that was
# running, if the guest's list of checks (list.pl) can name it.  A list of known failures
# (expect.pl) comes after that.
package Judge;
use strict;

my %WORD_OF = (33 => 'PASS', 35 => 'FAIL', 37 => 'SKIP', 39 => 'ERROR');
my %SIGNAL = (1 => 'HUP', 2 => 'INT', 3 => 'QUIT', 4 => 'ILL', 5 => 'TRAP', 6 => 'ABRT',
	7 => 'BUS', 8 => 'FPE', 9 => 'KILL', 10 => 'USR1', 11 => 'SEGV', 12 => 'USR2', 13 => 'PIPE',
	14 => 'ALRM', 15 => 'TERM', 24 => 'XCPU', 25 => 'XFSZ', 31 => 'SYS');

*say = \&Stream::say;
*show = \&Stream::show;
*begin_of = \&Stream::begin_of;

my ($engine, $seconds); # for messages: what runs the guest, and the time limit
my ($said, $end);       # what Stream::finish() returned; how the engine ended
my $trouble;            # why there is no verdict

sub counts {
	my ($count) = @_;
	return join ' ', map { "$_=$count->{$_}" } qw(pass fail skip todo);
}

sub trouble {
	my ($kind, $story, $wanted, $got) = @_;
	$trouble = {kind => $kind, story => $story, wanted => $wanted, got => $got};
}

# ---- how the engine ended -----------------------------------------------------------------------

sub name_of_signal {
	my ($number) = @_;
	return "signal $number" . ($SIGNAL{$number} ? " (SIG$SIGNAL{$number})" : '');
}

sub killed {
	my ($signal, $by) = @_;
	my $name = name_of_signal($signal);
	my $crash = {map { $_ => 1 } 4, 5, 6, 7, 8, 11, 31}->{$signal};
	my $why = $crash ? "$engine crashed: $name"
		: "$engine was killed from outside by $name$by, not by the time limit";
	$why .= ': for want of memory, or by hand' if $signal == 9;
	trouble('killed', $why, 'an exit status', $name);
}

# Notes an end after which there is no verdict, whatever the guest said.
sub judge_end {
	my ($status, $signal) = @$end{qw(status signal)};
	my ($by_name) = grep { /terminating on signal [0-9]+/ } @{$end->{messages}};
	my @wanted = ('exit status 33, 35, 37 or 39', "exit status $status");

	if ($end->{bad_list}) {
		trouble('expect', "$engine did not start: $end->{bad_list}");
	} elsif ($end->{unable}) {
		trouble('log', "$engine did not start: $end->{unable}");
	} elsif ($end->{timed_out}) {
		my $missing = defined $said->{verdict_line} ? 'no end' : 'no verdict';
		trouble('hang', "stopped after $seconds s, $missing", "an end within $seconds s",
			$missing);
	} elsif (defined $said->{bail} && $said->{bail} =~ /^Bail out! (host:.*)/) {
		trouble('host', $1);
	} elsif ($signal) {
		killed($signal, '');
	} elsif ($status == 0 && $by_name) {
		$by_name =~ /terminating on signal ([0-9]+)( from pid [0-9]+)?/;
		killed($1, $2 || '');
	} elsif ($status == 0) {
		my $what = 'a triple fault, a reset or a power-off';
		trouble('reset', "$engine ended with status 0: $what", @wanted);
	} elsif ($status == 1 && !$said->{header}) {
		trouble('engine', "$engine did not start (exit status 1)", @wanted);
	} elsif ($status == 126 || $status == 127) {
		trouble('engine', "$engine cannot be run (exit status $status)", @wanted);
	} elsif ($status > 128 && $SIGNAL{$status - 128}) {
		my $what = 'what it ran was killed by ' . name_of_signal($status - 128);
		trouble('killed', "$engine exit status $status is no verdict: $what", @wanted);
	} elsif (!$WORD_OF{$status}) {
		trouble('engine', "$engine exit status $status is no verdict", @wanted);
	}
}

# ---- what the guest said ------------------------------------------------------------------------

# Compares it with what was seen.  Returns the guest's word if all agree.
sub judge_words {
	my $status = $end->{status};
	my ($plan, $seen, $count, $bail) = @$said{qw(plan seen count bail)};
	my ($line, $contradiction) = @$said{qw(verdict_line contradiction)};
	my $missing = !$said->{header} ? "the guest printed no TAP (exit status $status)"
		: !defined $line ? "the log ends without a verdict (exit status $status)"
		: !defined $bail && !defined $contradiction && !defined $plan ? 'there is no plan'
		: undef;
	if ($missing) {
		trouble('cut', $missing);
		return;
	}

	my $wanted = $WORD_OF{$status};
	my ($word) = $line =~ /^# RESULT: ([^ ]*)/;
	$word = '' if !defined $word;
	if (defined $contradiction) {
		trouble('verdict', $contradiction);
	} elsif ($line ne "# RESULT: $word " . counts($count)) {
		my $seen = counts($count);
		trouble('verdict', "the results seen are $seen", $seen, substr $line, 2);
	} elsif ($word ne $wanted) {
		trouble('verdict', "exit status $status means $wanted", $wanted, $word);
	} elsif (defined $bail && $word ne 'ERROR') {
		trouble('verdict', 'a verdict after bailing out', 'ERROR', $word);
	} elsif (!defined $bail && $seen != $plan) {
		trouble('verdict', "$seen results for a plan of $plan", $plan, $seen);
	} elsif ($word eq 'PASS' && !$count->{pass} || $word eq 'FAIL' && !$count->{fail} ||
			$word =~ /PASS|SKIP/ && $count->{fail}) {
		trouble('verdict', "the results do not amount to $word");
	} else {
		return $word;
	}
	return;
}

# ---- the last lines -----------------------------------------------------------------------------

# Returns the lines of a YAML block.
sub block {
	my (%value) = @_;
	my @lines;
	for my $key (grep { defined $value{$_} } qw(message rule wanted got)) {
		(my $text = begin_of(show($value{$key}))) =~ s/(["\\])/\\$1/g;
		push @lines, "  $key: \"" . $text =~ tr/\t/ /r . '"';
	}
	return ('  ---', @lines, '  ...');
}

# Returns the name of what was running, or '' if it isn't known, and a message's words for it.
sub running {
	my ($list) = @_;
	my ($running, $plan, $seen) = @$said{qw(running plan seen)};
	my $kind = $trouble->{kind};
	# A file is no check's fault, and a guest that has come to its end has left all checks.
	return ('', '') if $running eq '' || $kind eq 'log' || $said->{verdict_line} && $kind ne 'host';
	my $name = !defined $plan || $seen == $plan ? $running # it was announced, but not planned
		: $list ? List::running($list->(), $said) : undef;
	return ($name, " (running: $name)") if defined $name;
	return ('', " (running: $running, test " . ($seen + 1) . ')');
}

# Prints one more result, which failed.
sub report_trouble {
	my ($list) = @_;
	my ($kind, $story) = @$trouble{qw(kind story)};
	my ($running, $words) = running($list);
	my $message = show($story) . $words;

	say('TAP version 13', map { "# before TAP: $_" } @{$said->{noise}}) if !$said->{header};
	say("# runner: $message");
	say('# cut off: ' . begin_of($said->{partial})) if $said->{partial} ne '';
	say("# $said->{bail}") if defined $said->{bail};
	say('# guest said: ' . substr $said->{verdict_line}, 2) if defined $said->{verdict_line};

	my $number = $said->{seen} + 1;
	$said->{printed}{fail}++;
	say("not ok $number - " . ($running eq '' ? "runner.$kind" : $running));
	say(block(message => $message, rule => "runner.$kind",
		wanted => $trouble->{wanted}, got => $trouble->{got}));
	say("1..$number") if !defined $said->{plan};
}

# Returns the word for the results as they were printed, of a run that the guest itself calls $word.
# Where the list changed nothing, that is the guest's.
sub word_by_list {
	my ($word) = @_;
	my ($by_guest, $printed) = @$said{qw(count printed)};
	return $word if $word eq 'ERROR' || counts($printed) eq counts($by_guest);
	return $printed->{fail} ? 'FAIL' : $printed->{pass} && $word ne 'SKIP' ? 'PASS' : 'SKIP';
}

# Prints the verdict, and returns the run's exit status.  The arguments are engine.pl's options,
# what Stream::finish() returned, and how the engine ended:
#
#   status, signal  its exit status, or the number of the signal that killed it
#   timed_out       the runner stopped it
#   unable          why it was not even started
#   bad_list        likewise, if that is the list of known failures
#   lost            an error because of which a file that was asked for is not complete
#   messages        what it said on stderr, line by line
#
# The option list, if there is one, is a function that returns the guest's list of checks, or ''.
sub verdict {
	(my $option, $said, $end) = @_;
	($engine, $seconds) = @$option{qw(engine seconds)};
	undef $trouble;

	my $word;
	judge_end();
	$word = judge_words() if !$trouble;
	trouble('log', $end->{lost}) if !$trouble && $end->{lost};
	report_trouble($option->{list}) if $trouble;
	say($said->{bail}) if !$trouble && defined $said->{bail};
	say("# runner: $end->{lost}") if $end->{lost} && $trouble->{kind} ne 'log';
	say(map { '# ' . lc($engine) . ': ' . show($_) } @{$end->{messages}});
	$word = $trouble ? 'ERROR' : word_by_list($word);
	my $last = "# RESULT: $word " . counts($said->{printed});
	say("# guest said: $1") if !$trouble && $said->{verdict_line} ne $last &&
		$said->{verdict_line} =~ /^# (.*)/;
	say($last);

	return $trouble->{kind} eq 'hang' ? 124 : 99 if $trouble;
	return {PASS => 0, SKIP => $option->{exit_skip}, FAIL => 1}->{$word} // 99;
}

1;
