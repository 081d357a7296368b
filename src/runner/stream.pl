# SPDX-License-Identifier: GPL-2.0-only
# Reads what comes out of the serial port, makes well-formed TAP of it, and notes what it says.
# src/runner/engine.pl feeds it, src/runner/judge.pl comes to a verdict.
#
# A line that is not what it claims to be becomes a comment.  Memory is bounded, whatever comes.
package Stream;
use strict;

my $LINE_MAX = 4096; # bytes of a line; the guest's own have a few hundred
my $SHOWN_MAX = 200; # bytes that are shown of a long line
my $NOISE_MAX = 20;  # lines before the header
my $BLOCK_MAX = 16;  # lines of a YAML block

# Terminal commands, and bytes that are not text: glitches, not the guest's words.
my $ODD = qr/\e(?:\[[0-9;?]*[ -\/]*[@-~]|c)|[^\t -~]/;
my $CLAIM = qr/^(?:(?:not )?ok|1\.\.|Bail out!|TAP version|# RESULT:)/;
my $YAML_LINE = qr/^  [a-z]+: "(?:[^"\\]|\\["\\])*"$/; # only the guest's way to write one

my $output;
my ($header, $plan, $bail, $verdict_line, $contradiction, $block);
my ($running, $last, $seen);
my (%count, @noise);

# The list of known failures (expect.pl) changes what is printed: how often each kind of result is,
# and the lines instead of the present one.
my (%printed, @instead);

# Of a line that is too long $rest keeps the end; $dropped counts the bytes before it.
my ($rest, $dropped);

# A new stream.
sub begin {
	undef $_ for $header, $plan, $bail, $verdict_line, $contradiction, $block;
	($output, $running, $last, $seen, $rest, $dropped) = ('', '', '', 0, '', 0);
	%count = %printed = (pass => 0, fail => 0, skip => 0, todo => 0);
	@noise = ();
}

# Returns what there is to print since the last call.
sub output {
	my $lines = $output;
	$output = '';
	return $lines;
}

sub say { $output .= "$_\n" for @_ }

# Notes the first contradiction inside the stream.
sub contradict { $contradiction = $_[0] if !defined $contradiction }

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
	look_for_torn($rest =~ tr/ -~//cdr) if $header; # plain() would take too long
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

# A claim in a line that is not kept as a whole is a contradiction: the rest of it is unknown.
sub long_line_begins {
	my $text = plain($_[0]);
	return if !$header;
	drop_block();
	contradict("a line of more than $LINE_MAX bytes: " . begin_of($text)) if $text =~ $CLAIM;
	return if defined $verdict_line;
	say('# stray: ' . begin_of(show(substr $_[0], 0, $SHOWN_MAX + 1)));
}

sub long_line_ends {
	my ($end) = @_;
	my $bytes = $dropped + length $end;
	$end = substr $end, -$LINE_MAX if length $end > $LINE_MAX;
	if (!$header) {
		guest_line($end); # the header may stand at the end of a line of the firmware's
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

# A Bail out and the verdict are not printed yet: the end may contradict them.
sub guest_line {
	my ($line) = @_;
	$line =~ tr/\r//d;
	return if $line eq '';
	my ($text, $shown) = ($line, $line);
	($text, $shown) = (plain($line), show($line)) if $line =~ /[^\t -~]/;

	if (!$header) {
		before_header($line, $text, $shown);
	} elsif (defined $verdict_line) {
		contradict("after the verdict: $text") if $text =~ $CLAIM;
		look_for_torn($text);
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

# Firmware may leave the cursor in the middle of a line, and print terminal commands.  Those are not
# shown; other bytes that are not text are.
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
	@instead = ();
	if ($text =~ /^# run ([^ #.]*)/) { $running = $1 }
	elsif ($text =~ /^TAP version/) { contradict('a second header') }
	elsif ($text =~ /^1\.\./) { $known = accept_plan($text) }
	elsif ($text =~ /^(?:not )?ok(?: |$)/) { $known = accept_result($text) }
	look_for_torn($text =~ s/^not ok//r);
	if (!$known) {
		say("# stray: $shown");
		return;
	}
	$shown = $text if $shown ne $text && !means_the_same($text, $shown);
	say("# stray bytes: $shown") if @instead && $shown ne $text;
	say(@instead ? @instead : $shown);
	$block = [] if $text =~ /^not ok/;
}

# A failure may not get lost because its line got other bytes before it, wherever it stands.
sub look_for_torn {
	my ($text) = @_;
	contradict('a failure inside a line: ' . begin_of($text)) if $text =~ /not ok [0-9]/;
}

# Bytes that are not text stay where they are inside a name or a comment.  Elsewhere a reader of the
# stream would take the line for something else: then they are shown in a comment before it.
sub means_the_same {
	my ($text, $shown) = @_;
	return 1 if $text =~ /^#/ && $shown =~ /^#/;
	my @wanted = parse_result($text);
	my @got = parse_result($shown);
	return 1 if @got && "@wanted[0, 1, 3]" eq "@got[0, 1, 3]";
	say("# stray bytes: $shown");
	return 0;
}

# Returns whether the line is a plan, as accept_result() does for a result.
sub accept_plan {
	my ($line) = @_;
	my ($number) = $line =~ /^1\.\.([1-9][0-9]{0,8}$|0(?= # SKIP))/;
	if (defined $plan) { contradict("a second plan: $line") }
	elsif ($seen) { contradict("a plan behind results: $line") }
	elsif (!defined $number) { contradict("a malformed plan: $line") }
	else {
		$plan = $number;
		$running = ''; # what was announced before it has no result
		return 1;
	}
	return 0;
}

# Returns "not " or nothing, number, name, and directive or nothing; an empty list for other lines.
sub parse_result {
	my ($line) = @_;
	return if $line =~ /^[^#]*[^ #]#/; # readers differ on what such a # begins
	return if $line !~ /^(not )?ok ([1-9][0-9]*) - ([^ #]\S*)([^#]*)(.*)$/;
	my ($not, $number, $name, $more) = ($1 || '', $2, $3, $5);
	my $directive = $more =~ /^# (TODO|SKIP)(?: |$)/ ? $1
		: $more =~ /^#\s*(?:TODO|SKIP)/i ? '?' : '';
	return ($not, $number, $name, $directive);
}

sub accept_result {
	my ($line) = @_;
	my ($not, $number, $name, $directive) = parse_result($line);
	if (!defined $number || $number != $seen + 1) {
		contradict('this is not result ' . ($seen + 1) . ": $line");
		return 0;
	}
	if ($directive eq '?' || $not && $directive eq 'SKIP') {
		contradict("a malformed directive: $line");
		return 0;
	}
	$seen++;
	$last = $name;
	$running = '' if $seen >= ($plan // 0); # after the last one none is left
	my $kind = $directive eq 'SKIP' ? 'skip' : !$not ? 'pass' : $directive ? 'todo' : 'fail';
	$count{$kind}++;
	($kind, @instead) = Expect::apply($kind, $number, $name);
	$printed{$kind}++;
	return 1;
}

# Returns whether the line belongs to a YAML block, which only the line after "not ok" can begin.
# The block is printed when it is whole: readers of TAP fail on half a block.
sub block_takes {
	my ($line) = @_;
	my $fits = !@$block ? $line eq '  ---'
		: $line =~ $YAML_LINE || ($line eq '  ...' && @$block > 1);
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

# The stream has ended.  Returns what it said:
#
#   header         whether it began as TAP does
#   noise          lines before that
#   plan           the number in the plan
#   running        what was announced last, an area of checks or what has no result; '' if no
#                  check is left in it
#   last           the name in the last result, or ''
#   seen, count    results: how many, and how many of each kind
#   printed        how many of each kind after the list of known failures
#   bail           the Bail out
#   verdict_line   the guest's last line
#   contradiction  the first one inside the stream
#   partial        the last line, cut off
sub finish {
	my $partial = $dropped ? substr $rest, -$SHOWN_MAX : $rest;
	if (!$dropped && plain($rest) =~ (defined $verdict_line ? $CLAIM : qr/^# RESULT:/)) {
		guest_line($rest);
		$partial = '';
	}
	look_for_torn(plain($rest)) if defined $verdict_line;
	drop_block();
	return {header => $header, noise => \@noise, plan => $plan, running => $running,
		last => $last, seen => $seen, count => \%count, printed => \%printed, bail => $bail,
		verdict_line => $verdict_line, contradiction => $contradiction,
		partial => show($partial)};
}

1;
