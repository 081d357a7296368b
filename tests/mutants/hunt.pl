# SPDX-License-Identifier: GPL-2.0-only
# What could notice a mutant, cheapest first.
use strict;
use warnings;

my $FEW = 12; # checks that a run names in only=: it is shorter than one of all checks
my $VMX = 'tests/run-bochs.sh --cpu=corei7_skylake_x';

# Good hosts; of a mutant of the guest or of the host, the guest's results must be the same.
my @HONEST = (
	['./run-qemu.sh', '--append="strict seed=1"'],
	['./run-qemu.sh', '--append="seed=1"'],
	['./run-qemu.sh', '--append="strict seed=1" --host-append=api-version=0x80000001'],
	['./run-qemu.sh', '--append="strict seed=1" --host-append=personality=linux2007'],
	['./run-qemu.sh', '--append="strict seed=1" --smp=2'],
	['./run-qemu.sh', '--append="strict seed=1" --smp=4'],
);
my @BOCHS = (
	[$VMX, '--append="strict seed=1" --smp=2'],
	['tests/run-bochs.sh --cpu=ryzen', '--append="strict seed=1"'],
);

# The checks that a source has in its table; of a source without a table, all.
sub checks_of {
	my ($all, $text) = @_;
	my %here = map { $_ => 1 } $text =~ /^\t\{"([a-z0-9]+\.[a-z0-9-]+)", "/mg;

	return %here ? grep { $here{$_} } @$all : @$all;
}

# Those of the file, and of other sources that use its functions.
sub concerned_by {
	my ($all, $file) = @_;
	my @exported = slurp($file) =~ /^(?!static )[a-z][^;{}()]*?\b(\w+)\([^{};]*\)\n\{/mg;
	my $names = join '|', @exported;
	my @users = @exported ? grep { slurp($_) =~ /\b(?:$names)\b/ }
		glob('src/guest/*.c src/guest/*/*.c') : ();
	my %concerned = map { $_ => 1 } map { checks_of($all, slurp($_)) } $file, @users;

	return grep { $concerned{$_} } @$all;
}

sub glob_pattern {
	my ($glob) = @_;

	return join '.*', map { quotemeta } split /\*/, $glob, -1;
}

# The faults of a table: which checks must fail on each, and the options of the run.
sub faults {
	my ($file, $all, $smp) = @_;
	my ($abi) = $file =~ m{^tests/([^/]*)/};

	return map {
		my ($name, $rule, $globs, $options) = @$_;
		my @globs = split ' ', $globs;
		my $pattern = join '|', map { glob_pattern($_) } grep { !/~/ } @globs;

		{abi => $abi, name => $name, smp => $smp, options => $options // '',
		 races => $globs =~ /~/ ? 1 : 0, checks => [grep { /^(?:$pattern)$/ } @$all]}
	} table($file);
}

# The ABI whose checks are in this source; undef: it is for all of them.
sub abi_of {
	my ($file) = @_;

	return $file =~ m{^src/guest/([^/]*)/} ? $1 : undef;
}

# Such runs of the checks that a source can change.
sub runs_for {
	my ($file, @runs) = @_;
	my $abi = abi_of($file);

	return map { my ($runner, $options) = @$_; [$runner, $options . ($abi ? " --abi=$abi" : '')] }
		@runs;
}

# All that the hunts in these files have in common.
sub prepare_hunt {
	my (@files) = @_;
	my ($list) = run(30, './run-qemu.sh --append=list');
	my @all = $list =~ /^# ([a-z0-9]+\.[a-z0-9-]+) /mg;
	my @faults = map { (faults("$_/faults.tsv", \@all, 1), faults("$_/faults-smp.tsv", \@all, 4)) }
		grep { -e "$_/faults.tsv" } sort glob('tests/*');
	my $bochs = grep({ m{^src/host/} } @files) && defined run(5, 'command -v bochs');

	die "the guest does not list its checks\n" if !@all;
	srand 1; # neighbours in the table are alike: mix them
	my %key = map { $_ => rand } 0 .. $#faults;
	@faults = @faults[sort {
		$faults[$a]{smp} <=> $faults[$b]{smp} || $key{$a} <=> $key{$b}
	} 0 .. $#faults];
	my %runs = map { ("@$_" => $_) } $bochs ? @BOCHS : (), map { runs_for($_, @HONEST) } @files;
	my %honest = map { ($_ => guest($ENV{O}, @{$runs{$_}})) } keys %runs;
	return {commands => make_commands(), checks => \@all, faults => \@faults, bochs => $bochs,
		honest => \%honest};
}

# The first of these runs on a good host that has other results than the original, twice; and the
# original has them, even on this machine as busy as it is now.
sub honest_killer {
	my ($hunt, $lab, @runs) = @_;

	for my $run (@runs) {
		my $wanted = $hunt->{honest}{"@$run"};
		next if guest($lab, @$run) eq $wanted || guest($lab, @$run) eq $wanted;
		next if guest($ENV{O}, @$run) ne $wanted;
		return "guest @$run" if guest($lab, @$run) ne $wanted;
	}
	return;
}

# Whether those checks fail that must, and no others.  Of a race, one of five runs must show them.
sub is_caught {
	my ($lab, $fault, $only, $wanted) = @_;
	my $smp = $fault->{smp} > 1 ? "--smp=$fault->{smp}" : '';
	my $append = "strict seed=1 $fault->{options}" . ($only ? " only=$only" : '');

	for (1 .. ($fault->{races} ? 5 : 1)) {
		my $failed = failures(guest($lab, './run-qemu.sh',
			"$smp --abi=$fault->{abi} --host-append=fault=$fault->{name} --append=" .
			quoted($append)));
		return 1 if $failed eq $wanted;
		return 1 if $fault->{races} && !grep { " $failed " !~ / $_ / } split ' ', $wanted;
	}
	return 0;
}

# The first fault of which the mutant does not see what the original sees.  All checks of the file
# run, also those that must pass; first on the faults on which some must fail.  Of a file without
# checks of its own these are all, so that first only those run that must fail, if they are few.
sub fault_killer {
	my ($hunt, $lab, $file) = @_;
	my @concerned = concerned_by($hunt->{checks}, $file);
	my %concerned = map { $_ => 1 } @concerned;
	my $abi = abi_of($file);
	my (@runs, @later);

	for my $fault (@{$hunt->{faults}}) {
		next if defined $abi && $abi ne $fault->{abi};
		my @fail = grep { $concerned{$_} } @{$fault->{checks}};
		my $all = $fault->{options} =~ /only=/ || @concerned == @{$hunt->{checks}};
		my $only = $all ? '' : join ',', @concerned;
		my $wanted = join ' ', $all ? @{$fault->{checks}} : @fail;

		next if !@fail && $fault->{smp} > 1;
		push @{@fail && !$all ? \@runs : \@later}, [$fault, $only, $wanted];
		push @runs, [$fault, join(',', @fail), "@fail"] if $all && @fail && @fail <= $FEW &&
			$fault->{options} !~ /only=/;
	}
	for (@runs, @later) {
		my ($fault, $only, $wanted) = @$_;

		next if is_caught($lab, $fault, $only, $wanted);
		next if !is_caught($ENV{O}, $fault, $only, $wanted); # a race, or only= matters
		return "fault $fault->{name}" if !is_caught($lab, $fault, $only, $wanted);
	}
	return;
}

# The first of the tests that fails.
sub test_killer {
	my ($lab, $seconds, @tests) = @_;

	for my $test (@tests) {
		return $test if !defined run($seconds, "PATH=$lab/bin:\$PATH O=$lab $test");
	}
	return;
}

# Returns the mutant's verdict: killed, and by what; survived; same: the images have not changed;
# broken: it does not compile.
sub hunt {
	my ($hunt, $lab, $file, $text) = @_;
	my $killer;

	make_lab($lab);
	my ($built, @targets) = build($hunt->{commands}, $lab, $file, $text);
	return ($built, '') if $built ne 'built';
	for (grep { m{/unit/} } @targets) {
		my $test = in_lab($lab, $_);
		return ('killed', s{.*/}{unit }r) if !defined run(20, $test);
	}
	$killer = honest_killer($hunt, $lab, runs_for($file, @HONEST));
	$killer //= fault_killer($hunt, $lab, $file) if $file !~ m{^src/host/};
	# Options, messages, diagnostics; no echo service; single checks; little memory.
	$killer //= test_killer($lab, 100, map { "tests/$_.t" } qw(guest outcomes alone boot-info))
		if $file !~ m{^src/host/};
	if ($file =~ m{^src/host/}) {
		$killer //= test_killer($lab, 60, 'tests/log.t');
		make_iso($hunt->{commands}, $lab) if $hunt->{bochs} && !$killer;
		$killer //= honest_killer($hunt, $lab, @BOCHS) if $hunt->{bochs};
		$killer //= test_killer($lab, 150, 'tests/hostile.t');
	}
	return $killer ? ('killed', $killer) : ('survived', '');
}

# ---- the fixed mutants --------------------------------------------------------------------------

# The killers of tests/mutants/fixed.tsv.  Each returns whether it has killed.
my %KILLERS = (
	unit => sub {
		my ($lab, $target) = @_;
		return !defined run(20, $target);
	},
	rogue => sub {
		my ($lab, $target, @options) = @_;
		system('cp', "$lab/tests/rogue.elf", "$lab/guest.elf");
		my $results = guest($lab, './run-qemu.sh', "--append=@options");
		return $results !~ /^# RESULT: PASS /m;
	},
	guest => sub {
		my ($lab, $target, $check, @options) = @_;
		return guest_of($lab, $check, @options) !~ /^ok \d+ - \Q$check\E$/m;
	},
	# That the check fails without the mutant is what faults.t and smp.t prove.
	fault => sub {
		my ($lab, $target, $fault, $check, @options) = @_;
		my $results = guest_of($lab, $check, "--host-append=fault=$fault", @options);
		return $results =~ /^ok \d+ - \Q$check\E$/m;
	},
);

sub guest_of {
	my ($lab, $check, @options) = @_;
	return guest($lab, './run-qemu.sh', "--append='strict seed=1 only=$check' @options");
}

# Whether the recorded killer kills.  Returns what is wrong, '' if nothing.
sub kills {
	my ($commands, $lab, $file, $text, $killer) = @_;
	my ($kind, @words) = split ' ', $killer;
	my $only = $kind eq 'unit' ? "unit/test_$words[0]" :
		$file =~ m{^src/host/} ? 'host.elf' : 'guest.elf';

	return "there is no killer '$kind'" if !$KILLERS{$kind};
	make_lab($lab);
	return 'it kills the original, too' if $KILLERS{$kind}($lab, "$ENV{O}/$only", @words);
	make_lab($lab);
	my ($built, $target) = build($commands, $lab, $file, $text, "$ENV{O}/$only");
	return "with this mutant $only does not build" if !$target;
	return $KILLERS{$kind}($lab, in_lab($lab, $target), @words) ? '' : 'it survives';
}

1;
