# SPDX-License-Identifier: GPL-2.0-only
# make mutate: makes one mutant at a time (tests/mutants/rules.pl) of the guest's checks and of the
# host's honest half, and runs what could notice, cheapest first (tests/mutants/hunt.pl), until
# something does.  A mutant that survives is a fault that is missing from the tables, or code that
# nobody needs; if neither, tests/mutants/explained.tsv says why it may live.
#
#   perl tests/mutate.pl [NAME=VALUE...]
#
#   files  only of these sources
#   count  only so many, chosen at random with seed (default 1)
#   again  only those in this file, the results.tsv of an earlier commit; what was killed then is
#          not tried again
#   jobs   so many at a time (default: one for each processor)
#   fixed  instead, those of tests/mutants/fixed.tsv, for tests/mutants.t; the value is a directory
#          for temporary files
#
# Works on a copy of the sources, in O/mutants, and resumes where it stopped: O/mutants/results.tsv
# has a line for each mutant.  Exit status: 0; 1 if there are unexplained survivors.
use strict;
use warnings;

require './tests/mutants/rules.pl';
require './tests/mutants/lab.pl';
require './tests/mutants/hunt.pl';

$| = 1;
$ENV{O} //= 'build';
$ENV{LC_ALL} = 'C';
my %option = (files => '', count => '', seed => 1, again => '', jobs => '', fixed => '');
for (@ARGV) {
	/^([a-z]+)=(.*)$/s && defined $option{$1} or die "mutate.pl: '$_': there is no such option\n";
	$option{$1} = $2 if $2 ne '';
}
for (qw(count seed jobs)) {
	$option{$_} =~ /^[0-9]*$/ or die "mutate.pl: '$option{$_}' is no number for $_\n";
}
chomp(my $processors = qx(nproc));
my $jobs = $option{jobs} || $processors || 1;

# Runs &$work(item, lab) for each item, several at a time, in processes of their own, and
# &$done(item, what it returned) here.
sub in_parallel {
	my ($directory, $items, $work, $done) = @_;
	my @labs = map { "$directory/lab$_" } 1 .. $jobs;
	my @todo = @$items;
	my %running;
	local @SIG{qw(HUP INT TERM)} = (sub {
		kill 'TERM', keys %running;
		exit 1;
	}) x 3;

	make_lab($_) for @labs;
	while (@todo || %running) {
		while (@todo && @labs) {
			my ($item, $lab) = (shift @todo, shift @labs);
			my $pid = fork // die "fork: $!\n";

			if (!$pid) {
				@SIG{qw(HUP INT TERM)} = ('DEFAULT') x 3;
				my $result = &$work($item, $lab);
				spit("$lab/result", $result);
				exit 0;
			}
			$running{$pid} = [$item, $lab];
		}
		my $pid = wait;
		my ($item, $lab) = @{delete $running{$pid} // next};
		die "stopped\n" if $?;
		&$done($item, slurp("$lab/result"));
		push @labs, $lab;
	}
}

# The rows of a table, as lists of their fields.
sub table {
	my ($file) = @_;

	return map { [split /\t/, $_, -1] } grep { /^[^#]/ } split /\n/, slurp($file);
}

# ---- the fixed mutants --------------------------------------------------------------------------

# The file's text with the row's mutant, or undef and what is wrong.
sub fixed_text {
	my ($file, $old, $new) = @_;
	my $text = -e $file ? slurp($file) : return (undef, "$file: there is no such file");
	my $pattern = join '\s+', map { quotemeta } split / /, $old;
	my $count = () = $text =~ /$pattern/g;

	return (undef, "$file: no longer has: $old") if $count == 0;
	return (undef, "$file: has $count times, wanted once: $old") if $count > 1;
	$text =~ s/$pattern/$new/;
	return $text;
}

# Prints a line for each: ok or not ok, a tab, the name, and perhaps a tab and what is wrong.
sub fixed {
	my ($directory) = @_;
	my $commands = make_commands();

	in_parallel($directory, [table('tests/mutants/fixed.tsv')], sub {
		my ($row, $lab) = @_;
		my ($file, $old, $new, $killer) = @$row;
		my ($text, $trouble) = fixed_text($file, $old, $new);

		return $trouble // kills($commands, $lab, $file, $text, $killer);
	}, sub {
		my ($row, $trouble) = @_;
		my ($file, $old, $new, $killer) = @$row;
		my $what = $new =~ /\w/ && $new ne '(void)0;' ? $new : "without $old";

		print $trouble eq '' ? 'ok' : 'not ok', "\t$file: $what: killed by $killer\t$trouble\n";
	});
}

if ($option{fixed}) {
	fixed($option{fixed});
	exit 0;
}

# ---- a copy of the sources ----------------------------------------------------------------------

my @HOST = map { "src/host/$_.c" } qw(kvm2007/policy exits ipi lapic vcpus svm vmx);
my $home = $ENV{O} =~ m{^/} ? "$ENV{O}/mutants" : getcwd() . "/$ENV{O}/mutants";

# The last commit that changed what matters here, and a sum of what differs from it.
sub commit {
	my $paths = "boot src tests linker.ld Makefile ':!tests/mutants*' ':!tests/mutate.pl'";
	chomp(my $commit = qx(git log -1 --format=%h --abbrev=12 -- $paths));
	my ($sum, $length) = split ' ', qx(git diff HEAD -- $paths | cksum);

	die "make mutate wants a checkout of git's\n" if $commit eq '';
	return $length ? "$commit+$sum" : $commit;
}

my $commit = commit();
my @again = $option{again} ? table($option{again}) : ();
my %explained = map { (join("\t", @$_[0 .. 2]) => $_->[3]) } table('tests/mutants/explained.tsv');
system('mkdir', '-p', $home);
if (!-e "$home/$commit/Makefile") {
	system("rm -rf '$home'/*/ && mkdir '$home/$commit' && git ls-files -z | " .
		"xargs -0 cp --parents -t '$home/$commit'") == 0 or die "cannot copy the sources\n";
}
chdir "$home/$commit" or die "$home/$commit: $!\n";
$ENV{O} = 'build';
if (system("make -j $jobs O=build images test-images unit iso >make.log 2>&1")) {
	die slurp('make.log'), "the copy does not build\n";
}

# ---- which mutants ------------------------------------------------------------------------------

my @files = split ' ', $option{files};
@files = (glob('src/guest/*.c src/guest/*/*.c'), 'src/x86/machine.c', @HOST) if !@files;
my %text = map { $_ => slurp($_) } @files;
my @mutants = map { mutants_of($_, $text{$_}) } @files;
if ($option{count} && $option{count} < @mutants) {
	srand $option{seed};
	my %key = map { $_ => rand } 0 .. $#mutants;
	my @some = (sort { $key{$a} <=> $key{$b} } keys %key)[0 .. $option{count} - 1];
	@mutants = @mutants[sort { $key{$a} <=> $key{$b} } @some];
}

# A line's number may have changed, so its text is what counts.
my %earlier = map { (join("\t", @$_[1, 6, 7]) => $_) } @again;
my $like = sub { $earlier{join "\t", @{$_[0]}{qw(file text mutated)}} };
@mutants = grep { &$like($_) } @mutants if @again;

my $results = "$home/results.tsv";
my %known; # the verdict and the killer of a mutant that was tried
for (-e $results ? table($results) : ()) {
	my ($of, $file, $line, $rule, $verdict, $killer) = @$_;
	$known{"$file:$line:$rule"} = [$verdict, $killer] if $of eq $commit;
}
my $name = sub { join ':', @{$_[0]}{qw(file line rule)} };
my $why = sub { $explained{join "\t", @{$_[0]}{qw(file text mutated)}} };
for my $m (@again ? @mutants : ()) {
	my ($of, $verdict, $killer) = @{&$like($m)}[0, 4, 5];

	$known{&$name($m)} //= [$verdict, "$killer, at $of"]
		if $verdict ne 'survived' || defined &$why($m);
}

# ---- the hunt -----------------------------------------------------------------------------------

my @todo = grep { !$known{&$name($_)} } @mutants;
my ($start, $tried) = (time, 0);

sub show_progress {
	return if !-t STDERR;
	my $survivors = grep { ($known{&$name($_)} // [''])->[0] eq 'survived' } @mutants;
	my $left = $tried ? (time - $start) / $tried * (@todo - $tried) / 60 : 0;

	printf STDERR "\r%d of %d, %d survivors, %d minutes left ", @mutants - @todo + $tried,
		scalar @mutants, $survivors, $left + 0.5;
	print STDERR "\n" if $tried == @todo;
}

my $hunt = @todo ? prepare_hunt(map { $_->{file} } @todo) : undef;
show_progress();
in_parallel($home, \@todo, sub {
	my ($m, $lab) = @_;

	return join "\t", hunt($hunt, $lab, $m->{file}, mutate($text{$m->{file}}, $m));
}, sub {
	my ($m, $result) = @_;
	my ($verdict, $killer) = split /\t/, $result, 2;

	open(my $out, '>>', $results) or die "$results: $!\n";
	print $out join("\t", $commit, @{$m}{qw(file line rule)}, $verdict, $killer,
		@{$m}{qw(text mutated)}), "\n";
	close($out) or die "$results: $!\n";
	$known{&$name($m)} = [$verdict, $killer];
	$tried++;
	show_progress();
});

# ---- what came out ------------------------------------------------------------------------------

my (%count, @survivors);
for my $m (@mutants) {
	my $verdict = $known{&$name($m)}[0];

	$verdict = 'explained' if $verdict eq 'survived' && defined &$why($m);
	$count{$_}{$verdict}++ for $m->{file}, 'all';
	push @survivors, $m if $verdict eq 'survived';
}
my @columns = qw(killed survived explained same broken);
printf "%-34s" . ' %9s' x @columns . "\n", "commit $commit", @columns;
for my $file (@files, 'all') {
	printf "%-34s" . ' %9d' x @columns . "\n", $file, map { $count{$file}{$_} // 0 } @columns
		if $count{$file};
}
print "\nSurvivors that tests/mutants/explained.tsv does not explain:\n" if @survivors;
for my $m (@survivors) {
	printf "%s\n\t%s\n\t%s\n", &$name($m), @{$m}{qw(text mutated)};
}
exit(@survivors ? 1 : 0);
