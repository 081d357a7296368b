#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# For make lint: runs clang-tidy, cppcheck and gcc -fanalyzer on the C sources, and fails if they
# find anything that tests/lint.tsv does not explain, or if that explains what they do not find.
# Each has other findings in other versions: it is left out if the version is not the one wanted.
#
#   perl tests/lint.pl [FILE...]    (all sources of the images and the VMM)
use strict;
use warnings;

my $TABLE = "tests/lint.tsv";
my @IMAGE = qw(-std=gnu11 -m64 -march=x86-64 -ffreestanding -fno-builtin-printf
	-mgeneral-regs-only -mno-red-zone -fno-strict-aliasing -Isrc -I. -DPARAGUEST_VERSION="x");
my @HOSTED = qw(-std=gnu11 -Isrc);
my @TOOLS = (
	{name => 'clang-tidy', version => qr/LLVM version 14\./, wanted => '14',
	 command => sub { my ($file, @flags) = @_; ('clang-tidy', '--quiet', $file, '--', @flags) }},
	{name => 'cppcheck', version => qr/^Cppcheck 2\.10\b/m, wanted => '2.10',
	 command => sub {
		my ($file) = @_;
		(qw(cppcheck -q --std=c11 --platform=unix64 --suppress=missingIncludeSystem
			-Isrc -I. -D__x86_64__ -DPARAGUEST_VERSION="x"),
		 '--enable=warning,portability,performance',
		 '--template={file}:{line}: warning: {message} [{id}]', '--template-location=', $file)
	 }},
	{name => 'gcc', version => qr/^gcc .* 12\.[0-9.]+$/m, wanted => '12',
	 command => sub {
		my ($file, @flags) = @_;
		('gcc', @flags, qw(-O1 -fanalyzer -fdiagnostics-plain-output -c -o /dev/null), $file)
	 }},
);

# Returns what the command prints, on both.
sub output_of {
	my @command = @_;
	open my $pipe, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', @command or die "sh: $!\n";
	local $/;
	return <$pipe> // '';
}

# Returns the findings of a tool in a file: [check, file, line, message].
sub findings {
	my ($tool, $file) = @_;
	my @flags = $file =~ m{^tests/(?:vmm|unit|parsers)/} ? @HOSTED : @IMAGE;
	my (@found, %seen);
	my $output = output_of($tool->{command}->($file, @flags));
	while ($output =~ /^(\S+?):(\d+):(?:\d+:)? (?:fatal )?(warning|error): (.*)$/mg) {
		my ($where, $line, $kind, $text) = ($1, $2, $3, $4);
		my ($check) = $text =~ /\[([^][ ]+)\]$/;
		$where =~ s{^\Q$ENV{PWD}\E/}{};
		push @found, [$check // $kind, $where, $line, $text] if !$seen{"$where $line $text"}++;
	}
	return @found;
}

# ---- all together -------------------------------------------------------------------------------

my %explained; # "tool check file" => how often it was found
open my $table, '<', $TABLE or die "$TABLE: $!\n";
while (<$table>) {
	next if /^#/;
	my ($tool, $check, $file, $why) = /^([^\t]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)$/
		or die "$TABLE:$.: wanted four columns: tool, check, file, why\n";
	$explained{"$tool $check $file"} = 0;
}

my @files = @ARGV ? @ARGV :
	sort grep { -e } map { glob } qw(boot/*.c src/*/*.c src/*/*/*.c tests/guests/*.c
		tests/guests/*/*.c tests/bench/*.c tests/vmm/*.c);
my $unexplained = 0;
for my $tool (@TOOLS) {
	if (output_of($tool->{name}, '--version') !~ $tool->{version}) {
		print "lint: $tool->{name} is left out, wanted: version $tool->{wanted}\n";
		delete @explained{grep { /^\Q$tool->{name}\E / } keys %explained};
		next;
	}
	# As many at a time as there are processors; each process takes its share of the files.
	my $jobs = output_of('nproc') =~ /^(\d+)$/ ? $1 : 1;
	my @pipes = map {
		my $share = $_;
		my $pid = open(my $pipe, '-|') // die "fork: $!\n";
		if (!$pid) {
			for (my $i = $share; $i < @files; $i += $jobs) {
				print join("\t", @$_), "\n" for findings($tool, $files[$i]);
			}
			exit;
		}
		$pipe;
	} 0 .. $jobs - 1;
	for my $line (sort map { my $pipe = $_; <$pipe> } @pipes) {
		chomp $line;
		my ($check, $file, $number, $text) = split /\t/, $line, 4;
		my ($row) = grep { exists $explained{$_} } map { "$tool->{name} $check $_" } $file, '*';
		next if defined $row && ++$explained{$row};
		print "$file:$number: $tool->{name}: $text\n";
		$unexplained++;
	}
	print "lint: $tool->{name}: ", scalar @files, " files\n";
}
my @stale = @ARGV ? () : grep { !$explained{$_} } sort keys %explained;
print "$TABLE: nothing is found any more: $_\n" for @stale;
exit($unexplained || @stale ? 1 : 0);
