# SPDX-License-Identifier: GPL-2.0-only
# Makes a JUnit report (--junit=FILE) of the stream as it is printed, for Jenkins and GitLab.
#
# A result is a <testcase>: its area is the class.  What failed is a <failure>; what the judge
# reports is an <error>, and so is a Bail out, because the hypervisor is not to blame for it by a
# rule.  TODO and SKIP are <skipped>.  The reason is in the attribute "message", which Jenkins
# shows, and in the text, which GitLab shows.  A run that ended as ERROR has at least one <error>,
# and every run has at least one case.
#
# A result is sent when the next check begins.  So a check's time is what has passed since the
# result before it, or since a line "# run", by the runner's clock (0.01 s); what is skipped has
# none.  Memory is bounded, whatever comes.
package JUnit;
use strict;

my $CASES_MAX = 10000; # a run has a few hundred
my $LINES_MAX = 200;   # comments that are kept before a result, and in all that are no check's

my ($start, $since, $skipped, $bail, $verdict);
my (@cases, @comments, @rest, @block, %times);

# A new stream; $now is in seconds.
sub begin {
	my ($now) = @_;
	($start, $since, $skipped, $bail, $verdict) = ($now, $now, '', '', '');
	@cases = @comments = @rest = @block = %times = ();
}

sub keep {
	my ($list, $line) = @_;
	push @$list, $line;
	shift @$list if @$list > $LINES_MAX;
}

# A result: kind is pass, skipped, failure or error.  Of two with one name GitLab would ignore the
# second.
sub add {
	my ($name, $kind, $type, $message, $seconds) = @_;
	return if @cases > $CASES_MAX;
	($name, $kind, $type, $message) = ('runner.report', 'error', 'runner.report',
		"more than $CASES_MAX results: the rest is not here") if @cases == $CASES_MAX;
	$name .= " ($times{$name})" if ++$times{$name} > 1;
	push @cases, {name => $name, kind => $kind, type => $type, message => $message,
		seconds => $seconds, text => $kind eq 'pass' ? [] : [@comments]};
}

sub take_result {
	my ($line, $now) = @_;
	my ($not, undef, $name, $directive) = Stream::parse_result($line) or return;
	my ($reason) = $line =~ /# ((?:TODO|SKIP).*)/;
	my $kind = $directive eq 'SKIP' || $not && $directive ? 'skipped' : $not ? 'failure' : 'pass';
	add($name, $kind, $directive, $reason, $directive eq 'SKIP' ? undef : $now - $since);
	$since = $now;
	@comments = ();
}

# The YAML block of the last result says why it failed.
sub end_block {
	my %value = map { /^  ([a-z]+): "(.*)"$/ } @block;
	s/\\(.)/$1/g for values %value;
	@block = ();
	my $case = $cases[-1];
	return if !$case || $case->{kind} ne 'failure';
	my ($rule, $abi) = @value{qw(rule abi)};
	$case->{message} = $value{message};
	$case->{type} = ($rule // '') . (defined $abi ? " of $abi" : '');
	# A list of known failures (expect.pl) that is out of date is no error of the run.
	$case->{kind} = 'error' if $case->{type} =~ /^runner\./ && $rule ne 'runner.expect';
}

sub take_line {
	my ($line, $now) = @_;
	if (@block || $line eq '  ---') {
		push @block, $line;
		end_block() if $line eq '  ...';
	} elsif ($line =~ /^# run /) {
		keep(\@rest, $_) for @comments;
		@comments = ();
		$since = $now;
	} elsif ($line =~ /^# RESULT: ([A-Z]+)/) {
		$verdict = $1;
		keep(\@comments, $line);
	} elsif ($line =~ /^#/) {
		keep(\@comments, $line);
	} elsif ($line =~ /^1\.\./) {
		$since = $now;
		($skipped) = $line =~ /# (SKIP.*)/ if $line =~ /^1\.\.0/;
	} elsif ($line =~ /^Bail out!/) {
		$bail = $line;
	} else {
		take_result($line, $now);
	}
}

# Whole lines that were printed at the time $now.
sub take {
	my ($lines, $now) = @_;
	take_line($_, $now) for split /\n/, $lines;
}

# ---- XML ----------------------------------------------------------------------------------------

# TEXT for an attribute or between tags.  The stream is ASCII; other bytes XML could not have.
sub escape {
	my ($text) = @_;
	my %name = ('&' => 'amp', '<' => 'lt', '>' => 'gt', '"' => 'quot', "\t" => '#9');
	return Stream::show($text) =~ s/([&<>"\t])/&$name{$1};/gr;
}

sub attributes {
	my (@pairs) = @_;
	my $text = '';
	while (my ($name, $value) = splice @pairs, 0, 2) {
		$text .= " $name=\"" . escape($value) . '"' if defined $value && $value ne '';
	}
	return $text;
}

sub seconds { return defined $_[0] ? sprintf '%.2f', $_[0] : undef }

sub testcase {
	my ($case) = @_;
	my ($name, $kind) = @$case{qw(name kind)};
	my $type = $case->{type} || $kind;
	my $message = $case->{message} || 'no reason in the stream';
	my ($area) = $name =~ /^([^.]*)/;
	my $tag = '    <testcase' . attributes(classname => $area || $name, name => $name,
		time => seconds($case->{seconds}));
	return "$tag/>\n" if $kind eq 'pass';
	my @text = map { s/^# //r } @{$case->{text}};
	@text = $message if !@text;
	return "$tag>\n      <$kind" . attributes(type => $type, message => $message) . '>' .
		join("\n", map { escape($_) } @text) . "</$kind>\n    </testcase>\n";
}

# The stream has ended.  Returns the report.
sub report {
	my ($now) = @_;
	my ($name) = $bail =~ / in ([a-z0-9]+\.[a-z0-9-]+)(?::|$)/; # src/lib/panic.c
	$name //= 'runner.run';
	my $errors = grep { $_->{kind} eq 'error' } @cases;
	if ($verdict ne 'SKIP' && $verdict ne 'PASS' && $verdict ne 'FAIL' && !$errors) {
		add($name, 'error', 'ERROR', $bail || 'the run ended as ERROR');
	} elsif (!@cases) {
		add($name, 'skipped', 'SKIP', $skipped || 'no check was run');
	}
	my %count = (pass => 0, skipped => 0, failure => 0, error => 0);
	$count{$_->{kind}}++ for @cases;
	keep(\@rest, $_) for @comments;
	my $counts = attributes(tests => scalar @cases, failures => $count{failure},
		errors => $count{error});
	return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites$counts>\n" .
		"  <testsuite name=\"paraguest\"$counts" . attributes(skipped => $count{skipped},
			time => seconds($now - $start)) . ">\n" . join('', map { testcase($_) } @cases) .
		'    <system-out>' . join("\n", map { escape($_) } @rest) .
		"</system-out>\n  </testsuite>\n</testsuites>\n";
}

1;
