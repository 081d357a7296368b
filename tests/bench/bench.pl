#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# make bench: the time that the images take, compared with an image that exits at its first
# instruction, in pairs of runs one after the other; what calls cost; and the images' sizes.  Prints
# a table with targets; a missed one is marked but no error, for it may be due to the machine.

use strict;
use warnings;
use File::Copy qw(copy);
use Time::HiRes qw(time);

my $O      = $ENV{O}     // 'build';
my $qemu   = $ENV{QEMU}  // 'qemu-system-x86_64';
my $rounds = $ENV{ROUNDS} // 15;
my $echo   = 'echo=0x6563686f';
my ($qboot) = grep { -e } qw(/usr/share/qemu/qboot.rom /usr/local/share/qemu/qboot.rom);

# The commands of run-qemu.sh, without its choices.
my @machine = $qboot ? ('-M', 'microvm,acpi=off', '-bios', $qboot) : ();
my @base    = ($qemu, @machine,
	qw(-no-user-config -nodefaults -display none -monitor none -no-reboot
	-serial stdio -device), "isa-debug-exit,iobase=0xf4,iosize=0x4");
my @alone   = (qw(-m 8));
sub on_host {
	my ($options) = @_;

	return (qw(-m 24 -cpu max -initrd), "$O/guest.elf cpus=1 $echo $options",
		'-append', "mem=8 cpus=1 log=none $echo $options");
}

# Returns the wall time of a run in ms; its exit status must be one of $wanted.
sub run_once {
	my ($wanted, @command) = @_;
	my $start = time;
	my $pid = fork // die "fork: $!\n";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		exec @command or exit 127;
	}
	waitpid $pid, 0;
	my $status = $? >> 8;
	grep { $_ == $status } @$wanted or die "exit status $status of: @command\n";
	return 1000 * (time() - $start);
}

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[$#sorted / 2] }

my $missed = 0;

sub row {
	my ($what, $value, $limit, $unit) = @_;
	my $verdict = !defined $limit ? '' : $value <= $limit ? 'ok' : 'MISSED';
	$missed++ if $verdict eq 'MISSED';
	printf "| %-44s | %9s | %9s | %-6s |\n", $what, $value . $unit,
		defined $limit ? $limit . $unit : '', $verdict;
}

# The ratio of the times of $command and $floor: the median over pairs of runs.
sub pair_row {
	my ($what, $limit, $floor, $wanted, $command) = @_;
	my (@ratio, @floor, @time);
	for (0 .. $rounds) {
		my $f = run_once([33], @$floor);
		my $t = run_once($wanted, @$command);
		next if !$_;    # the first pair fills the caches
		push @floor, $f;
		push @time, $t;
		push @ratio, $t / $f;
	}
	row(sprintf('%s (%.0f against %.0f ms)', $what, median(@time), median(@floor)),
		sprintf('%.2f', median(@ratio)), $limit, 'x');
}

sub time_row {
	my ($what, $limit, $wanted, @command) = @_;
	my @time = map { run_once($wanted, @command) } 0 .. $rounds;
	row($what, sprintf('%.0f', median(@time)), $limit, ' ms');
}

sub sections {
	my ($image) = @_;
	my %size;
	for (`size -A $image`) { $size{$1} = $2 if /^\.(\w+)\s+(\d+)/ }
	return %size;
}

sub size_rows {
	my %guest = sections("$O/guest.elf");
	my %host  = sections("$O/host.elf");
	system('strip', '-o', "$O/guest.stripped", "$O/guest.elf") == 0 or die "strip failed\n";
	row('guest text',     sprintf('%.1f', $guest{text} / 1024), undef, ' KiB');
	row('guest bss',      sprintf('%.1f', $guest{bss} / 1024),                160, ' KiB');
	row('guest stripped', sprintf('%.1f', (-s "$O/guest.stripped") / 1024), 128, ' KiB');
	row('host text',      sprintf('%.1f', $host{text} / 1024),                36,  ' KiB');
}

# The cost of a null hypercall, in host and guest together: the worst of the indices in calls.c.
sub call_row {
	my ($where, $limit, $out) = @_;
	my %cost = $out =~ /^# call (\S+) (\d+)$/mg;
	keys %cost == 3 or die "no counts in:\n$out";
	my ($worst) = sort { $b <=> $a } values %cost;
	row("null hypercall, $where", $worst, $limit, ' insns');
}

# Makes a build directory with another guest, in which the runners build nothing.
sub build_with {
	my ($guest) = @_;
	my $dir = "$O/bench";
	mkdir $dir;
	copy("$O/host.elf", "$dir/host.elf") && copy("$O/tests/$guest", "$dir/guest.elf") &&
		copy("$O/rom.bin", "$dir/rom.bin") or die "cannot copy to $dir: $!\n";
	my $stamp = "$dir/.built-images";
	open my $file, '>', $stamp or die "$stamp: $!\n";
	close $file;
	utime 2**31 - 1, 2**31 - 1, $stamp;
	return $dir;
}

# Bochs's time stamp counter always counts instructions.
sub call_rows {
	my $dir = build_with('calls.elf');
	call_row('SVM on QEMU', 85, scalar
		`O=$dir ./run-qemu.sh --mem=8 --host-append=log=none -- -icount shift=0,sleep=off`);
	return if system('command -v bochs >/dev/null');
	for (['SVM on Bochs', 'ryzen', 85], ['VMX on Bochs', 'corei7_skylake_x', 140]) {
		my ($where, $cpu, $limit) = @$_;
		call_row($where, $limit, scalar
			`O=$dir tests/run-bochs.sh --cpu=$cpu --mem=8 --host-append=log=none`);
	}
}

# Of today's ABI.  A target is four fifths of what it was before anybody cared.
sub exit_rows {
	my $dir   = build_with('exits.elf');
	my @exits = (['clock', 'kvmclock MSR write', 950, 1158], ['ipi', 'IPI by a call', 2396, 2436],
		['kick', 'kick to wake-up', 2895, 2402], ['eoi', 'interrupt, EOI by APIC', 1115, 1001],
		['pv-eoi', 'interrupt, PV EOI', 1133, 1414]);
	my @runs = (['SVM', 2, './run-qemu.sh', '-- -icount shift=0,sleep=off']);
	push @runs, ['VMX', 3, 'tests/run-bochs.sh --cpu=corei7_skylake_x', '']
		if !system('command -v bochs >/dev/null');
	for (@runs) {
		my ($vendor, $limit, $runner, $options) = @$_;
		my $out  = `O=$dir $runner --smp=2 --host-append=log=none $options`;
		my %cost = $out =~ /^# exit (\S+) (\d+)$/mg;
		for my $exit (@exits) {
			my $cost = $cost{$exit->[0]} // die "no count of $exit->[0] in:\n$out";
			row("$exit->[1], $vendor", $cost, $exit->[$limit], ' insns');
		}
	}
}

# Runs smp.elf; returns the number of calls of all vCPUs, and how long they took, in ticks and
# seconds.
sub smp_run {
	my ($dir, $vcpus, $calls, @options) = @_;
	my ($start, $all, $ticks, $seconds);
	open my $stream, '-|', "O=$dir ./run-qemu.sh --smp=$vcpus --host-append=log=none" .
		" --append=calls=$calls @options" or die "run-qemu.sh: $!\n";
	while (<$stream>) {
		$start = time if /^# go$/;
		next if !/^# smp $vcpus (\d+) (\d+)$/;
		($all, $ticks, $seconds) = ($1, $2, time() - $start);
	}
	close $stream and $all or die "no end of the calls of $vcpus vCPUs\n";
	return ($all, $ticks, $seconds);
}

# Calls of all vCPUs at once: the cost of one, in host and guest together, must not grow with their
# number.
sub smp_rows {
	my $dir = build_with('smp.elf');
	my $limit;
	for my $vcpus (1, 2, 4, 8) {
		my ($all, $ticks) = smp_run($dir, $vcpus, 1000, '-- -icount shift=0,sleep=off');
		my $cost = sprintf('%.0f', $ticks / $all);
		$limit //= int(1.1 * $cost);
		row("echo call, vCPUs: $vcpus", $cost, $limit, ' insns');
	}
	for my $vcpus (1, 2, 4, 8) {
		my @rate;
		for (1 .. 3) {
			my ($all, undef, $seconds) =
				smp_run($dir, $vcpus, 20000, '-- -accel tcg,thread=multi');
			push @rate, $all / $seconds / 1000;
		}
		row("echo calls, vCPUs: $vcpus", sprintf('%.0f', median(@rate)), undef, ' k/s');
	}
}

printf "| %-44s | %9s | %9s | %-6s |\n", 'what', 'measured', 'target', '';
printf "|%s|%s|%s|%s|\n", '-' x 46, '-' x 11, '-' x 11, '-' x 8;
pair_row('guest alone, TCG', 1.3, [@base, @alone, '-kernel', "$O/tests/exit.elf"], [37],
	[@base, @alone, '-kernel', "$O/guest.elf"]);
# What the machine's own KVM answers does not matter here.  The wait that all checks of today's ABI
# share is as short as it can be: it would be the same for any guest.
if (-w '/dev/kvm') {
	my @kvm = (@base, @alone, '-enable-kvm', '-kernel');
	pair_row('guest alone, KVM, 2007', 2, [@kvm, "$O/tests/exit.elf"], [37],
		[@kvm, "$O/guest.elf", '-append', 'abi=kvm2007']);
	pair_row('guest alone, KVM, today', 4, [@kvm, "$O/tests/exit.elf"], [33, 35],
		[@kvm, "$O/guest.elf", '-append', 'abi=kvm waits=10']);
}
for (['2007', 'kvm2007', 2], ['today', 'kvm', undef]) {
	my ($what, $abi, $limit) = @$_;
	my @machine = (@base, on_host("abi=$abi"), '-kernel');

	pair_row("guest on host, TCG, $what", $limit, [@machine, "$O/tests/exit.elf"], [33],
		[@machine, "$O/host.elf"]);
}
time_row('./run-qemu.sh, all of it', 70, [0], './run-qemu.sh');
call_rows();
exit_rows();
smp_rows();
size_rows();
print $missed ? "$missed targets missed\n" : "all targets met\n";
