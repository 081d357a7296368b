#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# make bench: what runs, calls and images cost, as a table with targets; a missed one is marked but
# no error, for it may be due to the machine.
#
#   O=DIR QEMU=PROGRAM   as for run-qemu.sh
#   ROUNDS=N             how often times are measured (15): the table has the medians
#   ROWS=PATTERN         only rows that it matches, and what is measured together with them
#   BASE=DIR             another checkout that is built, as of an older commit: what is measured of
#                        it, alternating with this one, is in a column of its own
#
# Times are compared in pairs of runs, one after the other: those of two days, or machines, can't
# be.

use strict;
use warnings;
use Cwd qw(abs_path getcwd);
use File::Copy qw(copy);
use Time::HiRes qw(time);

my $qemu   = $ENV{QEMU}   // 'qemu-system-x86_64';
my $rounds = $ENV{ROUNDS} // 15;
my $few    = int(($rounds + 2) / 3); # of what takes long, and varies little
my $calls  = $rounds > 1 ? 8000 : 400; # of all processors; one round is only a test
my $echo   = 'echo=0x6563686f';
my $icount = '-- -icount shift=0,sleep=off';
my $bochs  = !system('command -v bochs >/dev/null');
my ($qboot) = grep { -e } qw(/usr/share/qemu/qboot.rom /usr/local/share/qemu/qboot.rom);

my $now  = {name => 'now', dir => getcwd(), images => abs_path($ENV{O} // 'build')};
my $base = $ENV{BASE} ? {name => 'before', dir => abs_path($ENV{BASE}) // die "$ENV{BASE}: $!\n"} :
	undef;
$base->{images} = "$base->{dir}/build" if $base;
my @sides = ($base // (), $now);
my $chosen = $ENV{ROWS} // '';
delete @ENV{qw(O BASE ROUNDS ROWS MAKEFLAGS MFLAGS)};
-s "$_->{images}/host.elf" or die "$_->{images}/host.elf is not there\n" for @sides;

# ---- runs ---------------------------------------------------------------------------------------

# The command of run-qemu.sh, without its choices; what a run prints is on stdout.
my @qemu = ($qemu, $qboot ? ('-M', 'microvm,acpi=off,rtc=on', '-bios', $qboot) : (),
	qw(-no-user-config -nodefaults -display none -monitor none -no-reboot -serial stdio),
	'-device', 'isa-debug-exit,iobase=0xf4,iosize=0x4');
my $exit = "$now->{images}/tests/exit.elf"; # ends the machine at its first instruction

# Starts a command in a directory; returns its process ID, and the end of a pipe with its output if
# $wanted.
sub start {
	my ($dir, $wanted, @command) = @_;
	pipe my $from, my $to or die "pipe: $!\n";
	my $pid = fork // die "fork: $!\n";
	if (!$pid) {
		chdir $dir;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', '/dev/null';
		open STDOUT, '>&', $to if $wanted;
		open STDERR, '>', '/dev/null';
		exec @command or exit 127;
	}
	return ($pid, $from);
}

sub finish {
	my ($pid, $statuses, @command) = @_;
	waitpid $pid, 0;
	my $status = $? >> 8;
	grep { $_ == $status } @$statuses or die "exit status $status of: @command\n";
}

# Returns a run's wall time in ms; its exit status must be one of $statuses.
sub time_of {
	my ($dir, $statuses, @command) = @_;
	my $start = time;
	my ($pid) = start($dir, 0, @command);
	finish($pid, $statuses, @command);
	return 1000 * (time() - $start);
}

# Returns the lines that a run printed; $see is called with each when it comes.
sub lines_of {
	my ($dir, $see, @command) = @_;
	my ($pid, $from) = start($dir, 1, @command);
	my @lines;
	while (<$from>) {
		$see->($_);
		push @lines, $_;
	}
	finish($pid, [0, 33], @command);
	return @lines;
}

# A guest of this side on its reference host.
sub on_host {
	my ($side, $guest, $options, $told) = @_;
	return (@qemu, qw(-m 24 -cpu max -initrd), "$guest $options $told", '-append',
		"mem=8 log=none $options", '-kernel', "$side->{images}/host.elf");
}

# The wait that all checks of today's ABI share is as short as it can be: it would be the same for
# any guest.
sub suite {
	my ($side, $abi) = @_;
	return on_host($side, "$side->{images}/guest.elf",
		"cpus=1 $echo kvm-echo=0x6b766d pageout=0x7067 $abi", 'require fresh waits=10');
}

# The file of an image that measures; undef if an older checkout has none.
sub image_of {
	my ($side, $guest) = @_;
	my $image = "$side->{images}/tests/$guest.elf";
	-s $image or $side != $now or die "$image is not there\n";
	return -s $image ? $image : undef;
}

# Makes a build directory with this image as the guest, in which the side's runners build nothing.
sub build_with {
	my ($side, $guest, $image) = @_;
	my $dir = "$now->{images}/bench/$side->{name}-$guest";
	-d $_ or mkdir $_ or die "$_: $!\n" for "$now->{images}/bench", $dir;
	copy("$side->{images}/host.elf", "$dir/host.elf") && copy($image, "$dir/guest.elf") &&
		copy("$side->{images}/rom.bin", "$dir/rom.bin") or die "cannot copy to $dir: $!\n";
	my $stamp = "$dir/.built-images";
	open my $file, '>', $stamp or die "$stamp: $!\n";
	close $file;
	utime 2**31 - 1, 2**31 - 1, $stamp;
	return $dir;
}

# Runs such an image by a runner, with options; returns what it printed, undef without an image.
sub run_guest {
	my ($side, $guest, $command) = @_;
	my $image = image_of($side, $guest) // return;
	my $dir = build_with($side, $guest, $image);
	return join '', lines_of($side->{dir}, sub {}, 'sh', '-c',
		"O='$dir' QEMU='$qemu' $command --host-append=log=none --timeout=120" .
		($command =~ /qemu/ ? " $icount" : ''));
}

# ---- what is measured ---------------------------------------------------------------------------

# Each has what is measured in a round, as a hash or undef, and rows: what, the key in the hash, the
# format with the unit, and the most, or "at least" how much it may be.  $count rounds; 0: one,
# because it is the same each time.
my @groups;
sub group {
	my ($count, $once, @rows) = @_;
	push @groups, [$count, $once, @rows] if grep { $_->[0] =~ /$chosen/ } @rows;
}

# A run's time against that of the image that exits at once, on the same machine.
sub pair_group {
	my ($what, $limit, $status, $command) = @_;
	group($rounds, sub {
		my @command = $command->($_[0]);
		my @floor = map { m{/(?:host|guest)\.elf$} ? $exit : $_ } @command;
		my $floor = time_of('/', [33], @floor);
		my $time = time_of('/', [$status], @command);
		return {floor => $floor, time => $time, ratio => $time / $floor};
	}, ["$what: the floor", 'floor', '%.0f ms'], ["$what", 'time', '%.0f ms'],
	["$what / the floor", 'ratio', '%.2fx', $limit]);
}

# run-qemu.sh, and the command by which it starts QEMU.
sub runner_group {
	my $record = "$now->{images}/bench";
	-d $record or mkdir $record or die "$record: $!\n";
	$record .= '/record';
	open my $file, '>', "$record.sh" or die "$record.sh: $!\n";
	print $file "#!/bin/sh\nprintf '%s\\0' \"\$@\" >'$record'\nexec '$qemu' \"\$@\"\n";
	close $file;
	chmod 0755, "$record.sh";
	group($rounds, sub {
		my ($side) = @_;
		my @runner = ('env', "O=$side->{images}", './run-qemu.sh', '--abi=kvm2007');
		if (!$side->{command}) {
			time_of($side->{dir}, [0], 'env', "QEMU=$record.sh", @runner);
			open my $file, '<', $record or die "$record: $!\n";
			local $/;
			$side->{command} = [split /\0/, <$file>];
		}
		my $direct = time_of($side->{dir}, [33], $qemu, @{$side->{command}});
		return {more => time_of($side->{dir}, [0], @runner) - $direct};
	}, ['./run-qemu.sh, more than its QEMU', 'more', '%.1f ms', 4]);
}

sub bytes_group {
	group(0, sub {
		my $stream = join '', lines_of('/', sub {}, suite($_[0], 'abi=kvm2007'));
		my ($plan) = $stream =~ /^1\.\.([1-9]\d*)/m or die "no plan in:\n$stream";
		return {bytes => length($stream) / $plan};
	}, ['bytes a check, 2007', 'bytes', '%.1f', 32]);
}

# In host and guest together, the worst of the indices in calls.c.  Bochs's time stamp counter
# always counts instructions.
sub null_group {
	my ($where, $limit, $command) = @_;
	group(0, sub {
		my $out = run_guest($_[0], 'calls', "$command --mem=8") // return;
		my @costs = sort { $b <=> $a } $out =~ /^# call \S+ (\d+)$/mg;
		@costs == 3 or die "no counts in:\n$out";
		return {cost => $costs[0]};
	}, ["null hypercall, $where", 'cost', '%d insns', $limit]);
}

# Of today's ABI.  A target is four fifths of what it was before anybody cared.
my @exits = (['clock', 'kvmclock MSR write', 950, 1158], ['ipi', 'IPI by a call', 2396, 2436],
	['kick', 'kick to wake-up', 2895, 2402], ['eoi', 'interrupt, EOI by APIC', 1115, 1001],
	['pv-eoi', 'interrupt, PV EOI', 1133, 1414]);

sub exits_group {
	my ($vendor, $limit, $command) = @_;
	group(0, sub {
		my $out = run_guest($_[0], 'exits', "$command --smp=2") // return;
		my %cost = $out =~ /^# exit (\S+) (\d+)$/mg;
		$cost{$_->[0]} // die "no count of $_->[0] in:\n$out" for @exits;
		return \%cost;
	}, map { ["$_->[1], $vendor", $_->[0], '%d insns', $_->[$limit]] } @exits);
}

# One call of all vCPUs at once: it must not cost more with their number.
sub echo_group {
	my ($vcpus) = @_;
	group(0, sub {
		my $out = run_guest($_[0], 'smp', "./run-qemu.sh --smp=$vcpus --append=calls=1000")
			// return;
		my ($all, $ticks) = $out =~ /^# smp $vcpus (\d+) (\d+)$/m or die "no end in:\n$out";
		return {cost => $ticks / $all};
	}, ["echo call, vCPUs: $vcpus", 'cost', '%.0f insns', 400]);
}

# Runs an image that measures all processors at once; returns thousands of calls in a second.
sub rate_of {
	my ($cpus, @command) = @_;
	my ($all, $start, $seconds);
	lines_of('/', sub {
		$start = time if /^# go$/;
		($all, $seconds) = ($1, time() - $start) if /^# smp $cpus (\d+) \d+$/;
	}, @command, '-smp', $cpus, '-accel', 'tcg,thread=multi');
	return $all / $seconds / 1000;
}

# QEMU holds a lock while it carries out each #VMEXIT, so a loop of VMRUN and #VMEXIT and nothing
# else is its limit: how many times the calls of one processor several make, compared with that.
sub scaling_group {
	my @cpus = (1, 2, 4);
	my %bare; # the same for both sides
	group($rounds, sub {
		my ($side, $is_first) = @_;
		my $smp = image_of($side, 'smp');
		my %rate;
		for my $n (@cpus) {
			my $told = 'calls=' . int($calls / $n);
			$bare{$n} = rate_of($n, @qemu, qw(-m 24 -cpu max -append), "cpus=$n $told",
				'-kernel', image_of($now, 'bare')) if $is_first;
			next if !$smp;
			$rate{"bare$n"} = $bare{$n};
			$rate{"host$n"} = rate_of($n, on_host($side, $smp, "cpus=$n $echo", $told));
			$rate{"of$n"} = 100 * $rate{"host$n"} / $rate{host1} *
				$rate{bare1} / $rate{"bare$n"};
		}
		return $smp && \%rate;
	}, (map { ["VMRUN and #VMEXIT alone, processors: $_", "bare$_", '%.0f k/s'] } @cpus),
	(map { ["echo calls, vCPUs: $_", "host$_", '%.0f k/s'] } @cpus),
	map { ["of that loop's scaling, vCPUs: $_", "of$_", '%.0f %%', 'at least', 90] } 2, 4);
}

sub bochs_group {
	my ($vendor, $cpu) = @_;
	group($few, sub {
		my ($side) = @_;
		return {time => time_of($side->{dir}, [0], 'env', "O=$side->{images}",
			'tests/run-bochs.sh', "--cpu=$cpu") / 1000};
	}, ["Bochs, $vendor, to the verdict", 'time', '%.2f s', 0.5]);
}

sub sizes_of {
	my ($side) = @_;
	my %size;
	for my $image (qw(guest host)) {
		for (`size -A '$side->{images}/$image.elf'`) {
			$size{"$image $1"} = $2 / 1024 if /^\.(\w+)\s+(\d+)/;
		}
	}
	my $stripped = "$now->{images}/guest.stripped";
	system('strip', '-o', $stripped, "$side->{images}/guest.elf") == 0 or die "strip failed\n";
	$size{stripped} = (-s $stripped) / 1024;
	return \%size;
}

pair_group('2007 suite on the host, TCG', 1.6, 33, sub { suite($_[0], 'abi=kvm2007') });
pair_group('both suites on the host, TCG', 2.2, 33, sub { suite($_[0], '') });
pair_group('guest alone, TCG', 1.1, 37,
	sub { (@qemu, '-m', 8, '-kernel', "$_[0]{images}/guest.elf") });
pair_group('guest alone, KVM', 1.3, 37, sub {
	(@qemu, qw(-m 8 -enable-kvm -cpu), 'qemu64,kvm=off,kvm-pv-enforce-cpuid=on',
		'-kernel', "$_[0]{images}/guest.elf")
}) if -w '/dev/kvm';
runner_group();
bytes_group();
null_group('SVM on QEMU', 65, './run-qemu.sh');
null_group('SVM on Bochs', 65, 'tests/run-bochs.sh --cpu=ryzen') if $bochs;
null_group('VMX on Bochs', 75, 'tests/run-bochs.sh --cpu=corei7_skylake_x') if $bochs;
echo_group($_) for 1, 2;
exits_group('SVM', 2, './run-qemu.sh');
exits_group('VMX', 3, 'tests/run-bochs.sh --cpu=corei7_skylake_x') if $bochs;
scaling_group();
bochs_group('SVM', 'ryzen') if $bochs;
bochs_group('VMX', 'corei7_skylake_x') if $bochs;
group(0, \&sizes_of, ['guest text', 'guest text', '%.1f KiB'],
	['guest bss', 'guest bss', '%.1f KiB', 160], ['guest stripped', 'stripped', '%.1f KiB', 128],
	['host text', 'host text', '%.1f KiB']);

# ---- the table ----------------------------------------------------------------------------------

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[$#sorted / 2] }

my $begin = time;
my ($done, $missed) = (0, 0);
# The first of several rounds fills the caches, and does not count.
sub rounds_of { my ($group) = @_; return $group->[0] > 1 ? $group->[0] + 1 : 1 }
my $total = 0;
$total += rounds_of($_) * @sides for @groups;

# On a terminal: how far it is.
sub progress {
	return if !-t STDERR;
	my $left = $done ? (time() - $begin) / $done * ($total - $done) : 0;
	printf STDERR "\r\e[K%s", $done == $total ? '' :
		sprintf '%d of %d, %d:%02d left', $done, $total, $left / 60, $left % 60;
}

# A line of the table; the column "before" only if there is a base.
sub line {
	my ($what, $before, @rest) = @_;
	printf "| %-44s |%s %12s | %12s | %-6s |\n", $what, $base ? sprintf(' %12s |', $before) : '',
		@rest;
}

sub row {
	my ($samples, $what, $key, $format, @limit) = @_;
	my $least = @limit == 2;
	my $limit = $limit[-1];
	my %median = map { $_ => median(map { $_->{$key} } @{$samples->{$_}}) } keys %$samples;
	my %cell = map { $_ => sprintf($format, $median{$_}) } keys %median;
	my $met = !defined $limit || !exists $median{now} ||
		($least ? $median{now} >= $limit : $median{now} <= $limit);
	$missed++ if !$met;
	my $target = defined $limit ? $format =~ s/%[.\d]*[df]/$limit/r =~ s/%%/%/r : '';
	line($what, $cell{before} // '', $cell{now} // '', $target,
		!defined $limit ? '' : $met ? 'ok' : 'MISSED');
}

$| = 1;
line('what', 'before', $base ? 'now' : 'measured', 'target', '');
printf "|%s\n", join '', map { '-' x $_ . '|' } 46, ($base ? 14 : ()), 14, 14, 8;
for my $group (@groups) {
	my (undef, $once, @rows) = @$group;
	my %samples;
	for my $round (1 .. rounds_of($group)) {
		my @order = $round % 2 ? @sides : reverse @sides; # for neither is always the first
		for my $side (@order) {
			progress();
			my $sample = $once->($side, $side == $order[0]);
			$done++;
			push @{$samples{$side->{name}}}, $sample
				if $sample && ($round > 1 || $group->[0] <= 1);
		}
	}
	print STDERR "\r\e[K" if -t STDERR;
	row(\%samples, @$_) for @rows;
}
printf "%s, in %d:%02d\n", $missed ? "$missed targets missed" : 'all targets met',
	(time() - $begin) / 60, (time() - $begin) % 60;
