# SPDX-License-Identifier: GPL-2.0-only
# Runs a guest on the host under QEMU, as run-qemu.sh does, but without the device that would end
# QEMU: so the run ends by a halt, and QEMU's monitor dumps the host's memory.  That has to be as in
# the image's file, and its tables as in a run of the same guest that does nothing (count=0).
#
# The host's option checksum looks at the same; this does not trust the host, and also sees a host
# that ends without looking.  So far neither has seen what the other did not.
#
#   perl tests/fuzz-dump.pl --smp=N --append=TEXT --host-append=TEXT [--gdb=PORT]
#
# O is the build directory.  Prints the stream, after it "# runner: " and what has changed, if
# anything, or what went wrong.  Exit status: 0 PASS; else 99.
use strict;
use warnings;
use IO::Socket::UNIX;
use JSON::PP;
use File::Temp;

my %option = map { /^--([a-z-]+)=(.*)/s ? ($1, $2) : die "fuzz-dump.pl: what is $_?\n" } @ARGV;
my ($O, $dir, $seconds) = ($ENV{O} // 'build', File::Temp->newdir(), 20);
my $TABLE = qr/^(?:boot_(?:pml4|pdpt|pd|pt)|pml4|pdpt|pd|directory|first|last)$/; # of either kind
my $BITMAP = qr/^(?:io_bitmap|msrpm)$/;
my $ACCESSED_DIRTY = 0x60;

# The host's symbols by address: address, end (where the next one begins) and name.
sub symbols {
	my @all = map { /^0{8}(\w{8}) [a-zB-Z] (\S+)$/ ? [hex $1, 0, $2] : () } `nm -n $O/host.elf`;
	for my $i (0 .. $#all - 1) { $all[$i][1] = $all[$i + 1][0] }
	return @all;
}

sub start_qemu { # APPEND GDB-PORT
	my ($append, $port) = @_;
	my $cpus = $option{smp} ? "cpus=$option{smp} " : '';
	my @command = ('qemu-system-x86_64', qw(-no-user-config -nodefaults -display none -no-reboot
		-bios qboot.rom -cpu max -m 24 -monitor none -serial stdio),
		-M => 'microvm,acpi=off', -accel => 'tcg,thread=multi', -smp => $option{smp} // 1,
		-qmp => "unix:$dir/qmp,server=on,wait=off", -kernel => "$O/host.elf",
		-append => "mem=16 ${cpus}$option{'host-append'}",
		-initrd => "$O/guest.elf ${cpus}require $append");
	push @command, '-gdb' => "tcp:127.0.0.1:$port", '-S' if $port;
	my $pid = open my $serial, '-|', @command or die "fuzz-dump.pl: no QEMU: $!\n";
	return ($pid, $serial);
}

sub monitor { # SOCKET COMMAND NAME => VALUE...
	my ($socket, $command, %arguments) = @_;
	print $socket encode_json({execute => $command, arguments => \%arguments}), "\n";
	while (my $line = <$socket>) {
		my $answer = decode_json($line);
		die "fuzz-dump.pl: $command: $line" if $answer->{error};
		return if exists $answer->{return};
	}
}

# Runs it until its verdict.  Returns the stream, and the memory from $from to $end.
sub run {
	my ($append, $port, $from, $end) = @_;
	my ($pid, $serial) = start_qemu($append, $port);
	my $stream = '';
	local $SIG{ALRM} = sub { kill 'KILL', $pid };
	alarm $seconds;
	while (my $line = <$serial>) {
		$stream .= $line;
		last if $line =~ /^# RESULT: .*\n/;
	}
	my $socket = IO::Socket::UNIX->new(Peer => "$dir/qmp");
	if ($socket && $stream =~ /^# RESULT:/m) {
		<$socket>; # its greeting
		monitor($socket, 'qmp_capabilities');
		select undef, undef, undef, 0.05; # until the halt
		monitor($socket, 'stop');
		monitor($socket, 'pmemsave', val => $from, size => $end - $from,
			filename => "$dir/memory");
		monitor($socket, 'quit');
	}
	close $serial;
	alarm 0;
	return ($stream, '') if !-s "$dir/memory";
	open my $file, '<:raw', "$dir/memory" or die "fuzz-dump.pl: $!\n";
	my $memory = do { local $/; <$file> };
	unlink "$dir/memory", "$dir/qmp";
	return ($stream, $memory);
}

# The image's code and constants, as in its file: the segments that nobody may write.
sub from_file { # MEMORY FROM
	my ($memory, $from) = @_;
	open my $file, '<:raw', $ENV{WANTED} // "$O/host.elf" or die "fuzz-dump.pl: $!\n";
	my $elf = do { local $/; <$file> };
	my ($at, $size, $n) = (unpack('Q', substr $elf, 32, 8), unpack 'S2', substr $elf, 54, 4);
	my $read_only = 0;
	for my $i (0 .. $n - 1) {
		my ($type, $flags, $offset, undef, $gpa, $length) =
			unpack 'L2Q4', substr $elf, $at + $i * $size, 40;
		next if $type != 1 || $flags & 2;
		$read_only++;
		return sprintf 'the segment at %#x', $gpa
			if substr($memory, $gpa - $from, $length) ne substr $elf, $offset, $length;
	}
	return $read_only ? '' : 'no segment to compare';
}

my @symbols = symbols();
my ($from, $end) = map { my $name = $_; map { $_->[2] eq $name ? $_->[0] : () } @symbols }
	qw(image_start image_end);
(my $nothing = $option{append}) =~ s/count=\d+/count=0/;
my ($stream, $memory) = run($option{append}, $option{gdb}, $from, $end);
my (undef, $wanted) = run($nothing, 0, $from, $end);
my @changed = $memory eq '' ? () : grep { $_ ne '' } from_file($memory, $from);
my $compared = 0;
for my $symbol (grep { $_->[2] =~ /$TABLE|$BITMAP/ } @symbols) {
	my ($address, $next, $name) = @$symbol;
	my ($got, $want) = map { [unpack 'Q*', substr $_, $address - $from, $next - $address] }
		$memory, $wanted;
	my $mask = $name =~ $TABLE ? ~$ACCESSED_DIRTY : ~0;
	push @changed, $name if grep { ($got->[$_] ^ $want->[$_]) & $mask } 0 .. $#$want;
	$compared += $next - $address;
}
print $stream;
print "# runner: no memory was dumped\n" if $memory eq '' || $wanted eq '';
print "# runner: the dump has no table\n" if $compared < 0x8000;
print "# runner: the dump: changed: @changed\n" if @changed;
exit($stream =~ /^# RESULT: PASS /m && !@changed && $memory ne '' && $wanted ne '' ? 0 : 99);
