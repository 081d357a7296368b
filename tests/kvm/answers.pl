# SPDX-License-Identifier: GPL-2.0-only
# Prints docs/kvm-answers.md anew: what real KVMs answer to each check of today's ABI, rule by rule,
# and what the guest reports of them.
#
#   perl tests/kvm/answers.pl LIST [HOST=STREAM...]
#
# LIST is what the guest lists, STREAM what a runner printed under HOST, a column of the table.
# Columns of other hosts stay as the document has them: so each machine writes what it can run.
use strict;
use warnings;

my $RULES = 'docs/abi-kvm.md';
my $DOCUMENT = 'docs/kvm-answers.md';
my @HOSTS = ('Linux 6.1', 'Linux 6.12', 'kvm_pvm');

# Reports that differ from one run or machine to the next.
my %DIFFERS = map { $_ => 1 } qw(steal.idle pveoi.seen);

my (@text, %cell);    # of the document: before the table; $cell{NAME}[HOST]
my (%reports, %seen); # the reports that a check makes, in their order
my $none = '';        # the "check" of reports that no check makes

sub read_lines {
	my ($path) = @_;
	open my $file, '<', $path or die "cannot read $path: $!\n";
	chomp(my @lines = <$file>);
	return @lines;
}

sub add_report {
	my ($check, $name) = @_;
	push @{$reports{$check}}, $name if !$seen{$name}++;
}

sub read_document {
	my $check = $none;
	for (read_lines($DOCUMENT)) {
		if (!/^\|/) {
			push @text, $_;
			next;
		}
		my (undef, $rule, $name, @cells) = split / *\| */;
		next if $rule =~ /^(?:rule|---)$/;
		$cell{$name} = \@cells;
		if ($name =~ /^report /) { add_report($rule eq '' ? $check : $none, $name) }
		else { $check = $name }
	}
}

sub result {
	my ($not, $directive, $reason) = @_;
	return $not ? '**fails**' . ($reason =~ s/^known//r) : $directive ? "skipped: $reason" : 'holds';
}

# The reports of a check are before its result.  Those of what has no result, as diagnostics, are
# before the next area's "# run", or the end.
sub read_stream {
	my ($host, $path) = @_;
	my ($running, @reports) = ('');
	$_->[$host] = '' for values %cell;
	for (read_lines($path)) {
		my $check = $none;
		if (my ($what, $value) = /^# report: (\S+) (.*)/) {
			push @reports, "report $what";
			$cell{"report $what"}[$host] = $DIFFERS{$what} ? 'differs' : $value;
			next;
		} elsif (/^(not )?ok \d+ - (\S+)(?: # (SKIP|TODO) (.*))?$/) {
			$cell{$2}[$host] = result($1, $3, $4 // '');
			$check = $2 if index($2, "$running.") == 0;
		} elsif (/^# run (\S+)/) {
			$running = $1;
		} elsif (!/^# RESULT:/) {
			next;
		}
		add_report($check, $_) for splice @reports;
	}
}

sub print_row {
	my ($rule, $name) = @_;
	my @cells = map { $_ // '' } @{$cell{$name} // []}[0 .. $#HOSTS];
	print join(' | ', "| $rule", $name, @cells), " |\n" if grep { $_ ne '' } @cells;
}

my ($list, @streams) = @ARGV;
read_document();
for (@streams) {
	my ($name, $path) = /^([^=]+)=(.+)$/ or die "'$_': wanted HOST=STREAM\n";
	my ($host) = grep { $HOSTS[$_] eq $name } 0 .. $#HOSTS;
	read_stream($host // die("'$name' is none of: @HOSTS\n"), $path);
}
print map { "$_\n" } @text;
print join(' | ', '| rule', 'check', @HOSTS), " |\n", '|---' x (2 + @HOSTS), "|\n";
my %checks; # of each rule, in the guest's order
for (read_lines($list)) {
	push @{$checks{$2}}, $1 if /^# ([a-z0-9]+\.[a-z0-9-]+) (K\S+)/;
}
for my $rule (map { /^### (K\S+) / } read_lines($RULES)) {
	for my $check (@{$checks{$rule}}) {
		print_row($rule, $check);
		print_row('', $_) for @{$reports{$check}};
	}
}
print_row('-', $_) for @{$reports{$none}};
