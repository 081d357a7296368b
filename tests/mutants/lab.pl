# SPDX-License-Identifier: GPL-2.0-only
# Builds a mutant in a directory of its own, its lab, and runs things there.  Of the project, whose
# directory is the current one, only the mutated file is compiled: all other objects are those of
# the build directory $ENV{O}.
use strict;
use warnings;

use Cwd 'getcwd';

sub slurp {
	my ($file) = @_;

	open(my $in, '<', $file) or die "$file: $!\n";
	local $/;
	return scalar <$in>;
}

sub spit {
	my ($file, $text) = @_;

	(my $directory = $file) =~ s{/[^/]*$}{};
	system('mkdir', '-p', $directory) if !-d $directory;
	open(my $out, '>', $file) or die "$file: $!\n";
	print $out $text;
	close($out) or die "$file: $!\n";
}

sub quoted {
	my ($word) = @_;

	$word =~ s/'/'\\''/g;
	return "'$word'";
}

# Runs a command of the shell, which may take so many seconds.  Returns its output, or undef if its
# exit status is not 0; in a list, both.
sub run {
	my ($seconds, $command) = @_;
	my $output = qx(timeout -k 5 $seconds sh -c ${\ quoted($command)} 2>/dev/null </dev/null);
	my $status = $?;

	die "interrupted\n" if ($status & 127) == 2;
	return wantarray ? ($output, $status) : $status ? undef : $output;
}

# What make would do for everything: {TARGET => COMMAND}, and {SOURCE => [TARGET...]}.
sub make_commands {
	my $o = $ENV{O};
	my $text = qx(MAKEFLAGS= make -n V=1 O=${\ quoted($o)} images unit iso);
	my (%command, %objects);

	die "make -n fails\n" if $?;
	$text =~ s/\\\n\s*//g;
	for my $line (split /\n/, $text) {
		if ($line =~ m{^part=(\Q$o\E/\S+?)\.\$\$;}) {
			my $target = $1;

			next if $target =~ m{/unit-asan/|\.asm$|\.sym$};
			$line =~ s/ -Werror(?= )//g; # a mutant may leave a variable unused
			$command{$target} = $line;
			push @{$objects{$1}}, $target if $line =~ m{ -c .* (src/\S+\.c) &&};
		}
		$command{"$o/paraguest.iso"} = $line if $line =~ m{boot/iso\.sh .*paraguest\.iso$};
	}
	die "make -n says nothing of guest.elf\n" if !$command{"$o/guest.elf"};
	return {command => \%command, objects => \%objects};
}

# In a lab the runners have all that they want, and build nothing.
sub make_lab {
	my ($lab) = @_;

	system('rm', '-rf', $lab);
	spit("$lab/bin/make", "#!/bin/sh\n# The tests must not build the original again.\n");
	chmod 0755, "$lab/bin/make";
	system('touch', '-t', '203801010000', "$lab/.built-images");
	my $o = $ENV{O} =~ m{^/} ? $ENV{O} : getcwd() . "/$ENV{O}";
	symlink "$o/tests", "$lab/tests";
	system('cp', "$o/guest.elf", "$o/host.elf", "$o/rom.bin", $lab);
}

# Where in the lab a file of the build directory would be.
sub in_lab {
	my ($lab, $name) = @_;

	return $lab . substr($name, length $ENV{O});
}

# Makes a target in the lab: of @$new, what is there; of everything else, what is in $ENV{O}.
sub make_target {
	my ($commands, $lab, $target, $file, $new) = @_;
	my $command = $commands->{command}{$target};
	my ($o, $directory) = ($ENV{O}, $target =~ m{^(.*)/});

	$command =~ s{(^part=|mv -f \S+ )\Q$o\E/}{$1$lab/}g; # all that the command writes
	$command =~ s{ \Q$_\E(?= |$)}{' ' . in_lab($lab, $_)}ge for @$new;
	$command =~ s{ \Q$file\E(?= &&)}{ $lab/mutated/$file} if $target =~ /\.o$/;
	system('mkdir', '-p', in_lab($lab, "$directory/"));
	return defined run(120, $command);
}

# What is loaded of an object: without debugging information, which has numbers of columns.
sub substance {
	my ($lab, $object) = @_;
	my $objcopy = $ENV{OBJCOPY} // 'objcopy';

	run(20, quoted($objcopy) . " -g $object $lab/stripped.o") // die "objcopy $object\n";
	return slurp("$lab/stripped.o");
}

# Builds what has the file, with that text: all images and unit tests, or only one target.  Returns
# 'broken' if it can't be compiled, 'same' if an image would be as before, or 'built' and what.
sub build {
	my ($commands, $lab, $file, $text, $only) = @_;
	my $is_unit = sub { $_[0] =~ m{/unit/} };
	my @objects = @{$commands->{objects}{$file} // die "$file: no image has it\n"};
	my @new;

	spit("$lab/mutated/$file", $text);
	for my $object (sort { &$is_unit($a) <=> &$is_unit($b) } @objects) {
		next if $only && &$is_unit($only) != &$is_unit($object);
		make_target($commands, $lab, $object, $file, []) or return 'broken';
		return 'same' if !$only && !&$is_unit($object) &&
			substance($lab, in_lab($lab, $object)) eq substance($lab, $object);
		push @new, $object;
	}
	my @targets = grep {
		my $command = $commands->{command}{$_};
		!/\.o$|\.iso$|\/tests\// && (!$only || $_ eq $only) &&
			grep { $command =~ m{ \Q$_\E(?= )} } @new;
	} sort keys %{$commands->{command}};
	for my $target (@targets) {
		make_target($commands, $lab, $target, $file, \@new) or return 'broken';
	}
	return ('built', @targets);
}

# The ISO, for Bochs, of the images in the lab.
sub make_iso {
	my ($commands, $lab) = @_;
	my @files = map { "$ENV{O}/$_" } qw(guest.elf host.elf paraguest.iso);

	return make_target($commands, $lab, $files[2], '', \@files);
}

# Runs the guest in the lab.  Returns its results, a line each, the verdict last; and what it has
# promised to tell: how many calls it compared.
sub guest {
	my ($lab, $runner, $options) = @_;
	my ($stream) = run(60, "O=$lab $runner --timeout=20 $options");

	return join '', map { "$_\n" } map { s/ # (SKIP|TODO) .*/ # $1/r }
		grep { /^(?:not )?ok |^# RESULT|^# \d+ calls$/ } split /\n/, $stream;
}

# The checks that fail in these results.
sub failures {
	return join ' ', $_[0] =~ /^not ok \d+ - (\S+)(?! # TODO)$/mg;
}

1;
