# SPDX-License-Identifier: GPL-2.0-only
# Names the check that was running when a stream stopped.  The stream announces only areas; which
# check is next in one says the guest's list: engine.pl has the runner start the guest once more,
# with the same choice of checks and the option list.
package List;
use strict;

my $SECONDS = 6;         # time for the list; the runner that makes it gives up before
my $BYTES_MAX = 1 << 18; # of the list; the guest's has 12000
my $ABIS_MAX = 8;
my $EINTR = 4;

# Returns the guest's list of the checks that a run has, or '' if there is none.  $option is that of
# engine.pl; $caught says whether a signal ends this process.
sub ask {
	my ($option, $caught) = @_;
	return '' if $option->{lister} eq '';
	my @words = ($option->{lister}, "--append=$option->{append}", '--list');
	push @words, "--abi=$option->{abi}" if $option->{abi} ne '';
	my ($list, $late) = ('', 0);
	local $SIG{ALRM} = sub { $late = 1 };
	my $pid = open my $pipe, '-|', 'sh', '-c', 'exec sh "$0" "$@" 2>/dev/null', @words
		or return '';
	alarm $SECONDS;
	while (!$late && !$caught->() && length $list < $BYTES_MAX) {
		my $n = sysread $pipe, $list, 65536, length $list;
		last if defined $n ? !$n : $! != $EINTR;
	}
	alarm 0;
	kill 'TERM', $pid if $late || $caught->(); # it stops what it has started
	close $pipe;
	return $list;
}

# Returns the ABIs of a list, each as its name and its checks, in the order in which they run; none
# if this is not a whole list.
sub abis_of {
	my ($list) = @_;
	my @abis;
	return if $list !~ /^1\.\.0 # SKIP list$/m || $list !~ /^# RESULT: SKIP [^\n]*\n\z/m;
	for (split /\n/, $list) {
		if (/^# abi ([a-z0-9]+)$/) { push @abis, [$1] }
		elsif (@abis && /^# ([a-z0-9]+\.[a-z0-9-]+) \S+(?: optional)?$/) { push @{$abis[-1]}, $1 }
	}
	return @abis > $ABIS_MAX ? () : @abis;
}

# Returns the name of what was running, by the list, of a stream that stopped ($said is what
# Stream::finish() returned); or nothing if the list does not fit what the stream has.  Of an ABI
# that is not there the stream has one result, with the ABI's name.
sub running {
	my ($list, $said) = @_;
	my ($area, $plan, $seen, $last) = @$said{qw(running plan seen last)};
	my @runs = ([]); # the results that a run may have
	for (abis_of($list)) {
		my ($abi, @checks) = @$_;
		@runs = map { my @before = @$_; ([@before, @checks], [@before, $abi]) } @runs;
	}
	@runs = grep { @$_ == $plan && (!$seen || $_->[$seen - 1] eq $last) } @runs;
	return if !@runs;
	# What is no check has a name without a dot, and no result.
	return $area if !grep { /^\Q$area\E\./ } map { @$_ } @runs;
	my ($name, @others) = grep { /^\Q$area\E\./ } map { $_->[$seen] } @runs;
	return (grep { $_ ne $name } @others) ? undef : $name;
}

1;
