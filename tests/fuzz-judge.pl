# SPDX-License-Identifier: GPL-2.0-only
# Mutates streams, and looks for a wrong verdict of the judge.
#
#   perl tests/fuzz-judge.pl RUNNER FIRST COUNT WORD:STATUS:FILE...
#
# RUNNER is the directory of stream.pl, expect.pl and judge.pl.  Each FILE holds what came out of a
# serial port, STATUS is the exit status with which its engine ended, and WORD is the verdict.  Each
# seed from FIRST on is one mutant; half of them have a list of known failures.
#
# What makes a verdict wrong does not come from the judge's own code.  may_pass() reads the mutant
# once more, as a whole and by other means; and two kinds of mutants have a verdict that is known:
# one that still has all failures of a stream is no PASS, and foreign lines between others change
# nothing.
use strict;
use warnings;

my ($runner, $first, $number, @files) = @ARGV;
require "$runner/stream.pl";
require "$runner/expect.pl";
require "$runner/judge.pl";

my %STATUS = (PASS => 0, FAIL => 1, SKIP => 77, ERROR => 99);
my $RESULT = qr/^# RESULT: /;
my $ADDRESS = 0x100000; # of an image, in memory

# ---- mutations ----------------------------------------------------------------------------------

sub below { return int rand $_[0] }
sub one_of { return $_[below(scalar @_)] }

# Bytes that are no claim of the guest's, whole lines.
sub foreign_line {
	return one_of("[    1.234567] random: crng init done", 'SeaBIOS (version 1.16)',
		"\e[2J\e[1;1H", "\0\0\0", "\xff" x 3, "\r\r", 'x' x 5000, '', ' ',
		'  message: "no block"', '# a comment', "\t") . "\n";
}

# Bytes from anywhere, into the middle of anything.
sub foreign_bytes {
	return one_of("\0", "\r", "\n", "\xc3", "\e[0m", "\ec", ' ', '#', '[    1.2] usb 1-1: new',
		'grub> ', 'x' x 4097, "x\n", ' # TODO x', ' # SKIP x', "\0" x 4090, 'not ', 'ok 1 - a.b');
}

# Lines that the guest did not print, but could have.
sub fake_line {
	my $n = 1 + below(6);
	return one_of("# RESULT: PASS pass=$n fail=0 skip=0 todo=0", '# RESULT: PASS', "1..$n",
		'1..0 # SKIP x', "ok $n - a.b", "not ok $n - a.b", "ok $n - a.b # SKIP x",
		"not ok $n - a.b # TODO x", "not ok $n - a.b # todo x", 'Bail out! x',
		'TAP version 13', '  ---', '  ...', '# run a', "Bail out! host: x") . "\n";
}

sub count { # PATTERN LINE...
	my $pattern = shift;
	return scalar grep { /$pattern/ } @_;
}

# As a guest would that lies well: its last line and its plan agree with its results.
sub forge {
	my ($lines) = @_;
	my $skip = count(qr/^ok .*# SKIP/, @$lines);
	my $pass = count(qr/^ok \d/, @$lines) - $skip;
	my $todo = count(qr/^not ok .*# TODO/, @$lines);
	my $fail = below(2) ? 0 : count(qr/^not ok/, @$lines) - $todo;
	my $n = $pass + $skip + $todo + $fail;
	s/^# RESULT: .*/# RESULT: PASS pass=$pass fail=$fail skip=$skip todo=$todo/ for @$lines;
	s/^1\.\.[1-9].*/1..$n/ for @$lines;
}

# The results by their order: what a lost or a new one changes.
sub renumber {
	my ($lines) = @_;
	my $n = 0;
	for (@$lines) {
		$n++ if /^(?:not )?ok \d/;
		s/^((?:not )?ok )\d+/$1$n/;
	}
}

# Foreign bytes before a failure, and a success in its place.
sub hide {
	my ($lines) = @_;
	my @failures = grep { $lines->[$_] =~ /^not ok/ } 0 .. $#$lines;
	return if !@failures;
	my $i = one_of(@failures);
	(my $success = $lines->[$i]) =~ s/^not //;
	$lines->[$i] = foreign_bytes() . $lines->[$i];
	splice @$lines, $i + below(2), 0, $success;
}

# A line by its number, a place between lines, and a place in a line.
sub any_line { return below(scalar @{$_[0]}) }
sub any_gap { return below(1 + @{$_[0]}) }
sub any_byte { return below(length $_[0]) }

# Each changes a list of lines, which has at least one.
my @mutations = (
	sub { splice @{$_[0]}, any_line($_[0]), 1 + below(3) },
	sub { splice @{$_[0]}, any_gap($_[0]), 0, $_[0][any_line($_[0])] },
	sub { my ($i, $k) = (any_line($_[0]), any_line($_[0])); @{$_[0]}[$i, $k] = @{$_[0]}[$k, $i] },
	sub { splice @{$_[0]}, any_gap($_[0]), 0, fake_line() },
	sub { splice @{$_[0]}, any_gap($_[0]), 0, foreign_line() },
	sub { $#{$_[0]} = any_line($_[0]); cut($_[0][-1]) },
	\&forge,
	\&renumber,
	\&hide,
	map { my $change = $_; sub { $change->($_[0][any_line($_[0])]) } } (
		sub { substr $_[0], any_byte($_[0]), 0, foreign_bytes() },
		sub { substr($_[0], any_byte($_[0]), 1) = chr below(256) },
		sub { substr($_[0], any_byte($_[0]), 1 + below(9)) = '' },
		sub { $_[0] =~ s/\n// }, # joins it with the next
		sub { $_[0] =~ s/^not // },
		sub { $_[0] =~ s/\d+/below(9)/e },
	),
);

sub cut { $_[0] = substr $_[0], 0, any_byte($_[0]) }

sub mutate {
	my ($lines) = @_;
	for (0 .. below(4)) {
		one_of(@mutations)->($lines) if @$lines;
		@$lines = grep { $_ ne '' } @$lines;
	}
	forge($lines) if !below(3);
}

# ---- what is right ------------------------------------------------------------------------------

sub kind_of {
	my ($not, $rest) = @_;
	return $not ? $rest =~ /# TODO( |$)/ ? 'todo' : 'fail' : $rest =~ /# SKIP( |$)/ ? 'skip' : 'pass';
}

# Whether the check whose name is the first word is listed.
sub listed {
	my ($listed, $rest) = @_;
	return $rest =~ /^(\S+)/ && $listed->{$1} ? 1 : 0;
}

# The verdict on a stream as it is, with a list.
sub word_with_list {
	my ($stream, $listed) = @_;
	return $stream->{word} if !%$listed || $stream->{word} eq 'ERROR';
	my %count = (pass => 0, fail => 0);
	my $changed = 0;
	for (@{$stream->{lines}}) {
		my ($not, $rest) = /^(not )?ok \d+ - (.*)/ or next;
		my $kind = kind_of($not, $rest);
		my $is_listed = $kind =~ /pass|fail/ && listed($listed, $rest);
		$changed ||= $is_listed;
		$count{!$is_listed ? $kind : $kind eq 'pass' ? 'fail' : 'todo'}++;
	}
	return $stream->{word} if !$changed;
	return $count{fail} ? 'FAIL' : $count{pass} && $stream->{word} ne 'SKIP' ? 'PASS' : 'SKIP';
}

# Whether this may be a PASS: the text as a whole says that all went well but for what is listed,
# and nothing else.
sub may_pass {
	my ($bytes, $status, $listed) = @_;
	return 0 if $status != 33 && !($status == 35 && %$listed);
	(my $text = $bytes) =~ s/\e\[[0-9;?]*[ -\/]*[@-~]|\ec|[^\n\t -~]//g;
	return 0 if $text !~ s/\A.*?TAP version 13\n//s;
	return 0 if $text =~ /^(?:TAP version|Bail out!)/m;
	my @plans = $text =~ /^1\.\.([1-9]\d*)$/mg;
	my @ends = $text =~ /^# RESULT:(.*)$/mg;
	return 0 if @plans != 1 || @ends != 1 || $text =~ /^# RESULT:.*\n(?:.*\n)*(?:not )?ok /m;
	my @results = $text =~ /^((?:not )?ok \d+ - .*)$/mg;
	return 0 if @results != $plans[0];
	my %count = (pass => 0, fail => 0, skip => 0, todo => 0);
	for my $n (1 .. @results) {
		my ($not, $got, $rest) = $results[$n - 1] =~ /^(not )?ok (\d+) - (.*)/;
		return 0 if $got != $n;
		my $kind = kind_of($not, $rest);
		return 0 if $kind =~ /pass|fail/ && ($kind eq 'fail') != listed($listed, $rest);
		$count{$kind}++;
	}
	my $word = $status == 33 ? 'PASS' : 'FAIL';
	my $end = " $word pass=$count{pass} fail=$count{fail} skip=$count{skip} todo=$count{todo}";
	return $count{pass} && $ends[0] eq $end && ($word eq 'FAIL') == ($count{fail} > 0);
}

# Whether the mutant has, after its header, each line that makes the stream a failure.
sub still_fails {
	my ($bytes, $failures) = @_;
	return 0 if !@$failures;
	my $header = index $bytes, "TAP version 13\n";
	for my $line (@$failures) {
		return 0 if $header < 0 || index($bytes, $line, $header) < 0;
	}
	return 1;
}

# What is wrong with the verdict, or nothing.
sub wrong {
	my ($case, $got, $output) = @_;
	my @lines = split /\n/, $output, -1;
	return 'the output has no newline at its end' if pop @lines ne '';
	return 'not exactly one "# RESULT:", at the end'
		if count($RESULT, @lines) != 1 || $lines[-1] !~ $RESULT;
	my ($word) = $lines[-1] =~ /^# RESULT: (PASS|FAIL|SKIP|ERROR)(?: \w+=\d+){4}$/;
	return 'the last line is no verdict' if !$word;
	my $wanted = $case->{end}{timed_out} ? 124 : $STATUS{$word};
	return "exit status $got for $word" if $got != $wanted;
	return 'bytes that are not text' if $output =~ /[^\t\n -~]/;
	return 'the first line is no header' if $lines[0] ne 'TAP version 13';
	return 'the output has a failure, and the verdict is ' . $word
		if $word =~ /PASS|SKIP/ && grep { /^not ok/ && !/# TODO/ } @lines;
	return 'PASS after an end that is none' if $word eq 'PASS' && !$case->{good_end};
	return "wanted $case->{known}" if $case->{known} && $word ne $case->{known};
	return 'a PASS that still has its failures'
		if $word eq 'PASS' && still_fails($case->{bytes}, $case->{failures});
	return 'PASS, and the stream does not say so' if $word eq 'PASS' &&
		!may_pass($case->{bytes}, $case->{end}{status}, $case->{listed});
	return;
}

# ---- one mutant ---------------------------------------------------------------------------------

# A stream: its verdict, its engine's exit status, its lines, and those that make it a failure.
sub read_stream {
	my ($word, $status, $path) = split /:/, $_[0], 3;
	open my $file, '<:raw', $path or die "$path: $!\n";
	my @lines = <$file>;
	my @failures = grep { /^not ok (?!.*# TODO)|^Bail out!/ } @lines;
	return {word => $word, status => $status, lines => \@lines, failures => \@failures};
}

# A list of known failures: of the stream's checks some that fail, and perhaps one that does not.
sub any_list {
	my ($stream) = @_;
	return {} if below(2);
	my (@names, %listed);
	for (@{$stream->{lines}}) {
		my ($not, $name) = /^(not )?ok \d+ - ([a-z0-9]+\.[a-z0-9-]+)/ or next;
		if ($not) { $listed{$name} = 1 if below(8) }
		else { push @names, $name }
	}
	$listed{one_of(@names)} = 1 if @names && !below(4);
	return \%listed;
}

# How the engine ended: in most cases as for the stream, or as for a PASS.
sub any_end {
	my ($status) = @_;
	my %end = (status => one_of($status, 33, 33, 33), messages => []);
	return \%end if below(3);
	my @killed = (status => 0, messages => ['qemu: terminating on signal 15 from pid 1']);
	return {%end, @{one_of([timed_out => 1], [signal => 6], [lost => 'x'], [unable => 'x'],
		\@killed, map { [status => $_] } 0, 1, 35, 37, 39, 255)}};
}

sub make_case {
	my ($stream) = @_;
	my @lines = @{$stream->{lines}};
	my $listed = any_list($stream);
	my @failures = grep { !/^not ok \d+ - (.*)/ || !listed($listed, $1) } @{$stream->{failures}};
	my %case = (failures => \@failures, listed => $listed, end => any_end($stream->{status}));
	if (!below(8)) { # foreign lines, between others; a YAML block has to stay whole
		for (0 .. below(4)) {
			my $i = any_gap(\@lines);
			splice @lines, $i, 0, foreign_line() if $i == @lines || $lines[$i] !~ /^  /;
		}
		$case{end} = {status => $stream->{status}, messages => []};
		$case{known} = word_with_list($stream, $listed);
	} else {
		mutate(\@lines);
	}
	$case{bytes} = join '', @lines;
	$case{good_end} = !grep { $case{end}{$_} } qw(timed_out signal lost unable);
	return \%case;
}

# A part of a guest's image with these checks: their names, and a table that points to these.
sub part_with {
	my ($names, $table) = ('', '');
	for (@_) {
		$table .= pack 'Q<', $ADDRESS + length $names;
		$names .= "$_\0";
	}
	return [$ADDRESS, $names . $table];
}

sub judge {
	my ($case) = @_;
	my ($at, $output) = (0, '');
	my @listed = sort keys %{$case->{listed}};
	my $bad = Expect::read_list('list', join('', map { "$_\twhy\n" } @listed),
		part_with(@listed));
	die "$bad\n" if defined $bad;
	Stream::begin();
	while ($at < length $case->{bytes}) {
		my $n = one_of(1 + below(20), 1 + below(9000), 65536);
		Stream::take(substr $case->{bytes}, $at, $n);
		$at += $n;
		$output .= Stream::output();
	}
	my %option = (engine => 'QEMU', seconds => 30, exit_skip => $STATUS{SKIP});
	my $status = Judge::verdict(\%option, Stream::finish(), $case->{end});
	return ($status, $output . Stream::output());
}

# Judges it, and prints what is wrong.  Returns the verdict, and whether it was wrong.
sub try {
	my ($name, $case) = @_;
	my ($status, $output) = judge($case);
	my ($word) = $output =~ /^# RESULT: (\w+) .*\n\z/m;
	my $why = wrong($case, $status, $output);
	return ($word, 0) if !defined $why;
	print "$name: $why\n";
	print "---- its list: @{[sort keys %{$case->{listed}}]}\n",
		"---- its engine ends with $case->{end}{status}, and it is:\n$case->{bytes}\n",
		"---- judged, exit status $status:\n$output" if $number == 1;
	return ($word // 'none', 1);
}

$| = 1;
my ($wrong, %verdicts) = (0);
my @streams = map { read_stream($_) } @files;
for my $stream (@streams) {
	my %end = (status => $stream->{status}, messages => []);
	my %case = (bytes => join('', @{$stream->{lines}}), failures => $stream->{failures},
		listed => {}, end => \%end, good_end => 1, known => $stream->{word});
	$wrong += (try("a stream that is $stream->{word}", \%case))[1];
}
for my $seed ($first .. $first + $number - 1) {
	srand $seed;
	my ($word, $bad) = try("seed $seed", make_case(one_of(@streams)));
	$verdicts{$word}++;
	$wrong += $bad;
	print STDERR "\r", $seed - $first, " of $number, $wrong wrong" if -t STDERR && $seed % 500 == 0;
}
print STDERR "\r\e[K" if -t STDERR;
my $last = $first + $number - 1;
print "$number mutants of ", scalar @streams, " streams, seeds $first to $last: ", join(', ',
	map { "$verdicts{$_} $_" } sort keys %verdicts), "; $wrong wrong\n";
exit($wrong ? 1 : 0);
