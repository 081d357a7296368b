# SPDX-License-Identifier: GPL-2.0-only
# Makes the ROM from which Bochs boots: boot/rom.asm, and before it what that copies to memory: what
# a multiboot loader tells an image, the image, and the image's module.
#
#   perl src/runner/rom.pl ROM CODE IMAGE LINE [MODULE LINE] -- BOCHS-OPTION...
#
# ROM is the file to make, CODE boot/rom.asm as a binary.  Each LINE is a command line, and arrives
# as it is.  The options say how much memory there is.  Prints why it fails, and nothing else.
use strict;
BEGIN { $^W = 1 } # 'use warnings' would take longer than all of this

my $ROM_SIZE = 2 << 20;     # boot/rom.asm
my $PAGE = 4096;
my $MIB = 1 << 20;
my $RAM_END = 3072 * $MIB;  # devices are above it; the rest of the memory begins at 4 GiB
my $FOUR_GIB = 1 << 32;

# Multiboot Specification 0.6.96, 3.1 and 3.3
my ($HEADER_MAGIC, $LOADER_MAGIC) = (0x1badb002, 0x2badb002);
my $SEARCHED = 8192;        # bytes that may have the header
my $HAS_ADDRESSES = 1 << 16;
my ($MEMORY, $CMDLINE, $MODS, $MMAP) = (1 << 0, 1 << 2, 1 << 3, 1 << 6);
my ($AVAILABLE, $RESERVED) = (1, 2);
my $LOWER_KIB = 640;

# Below the first page that an image may use for something else, but for the command lines: those
# are read once.
my ($INFO, $INFO_END) = (0x500, 0x8000);

sub fail { die @_, "\n" }

sub slurp {
	my ($path) = @_;
	open my $file, '<:raw', $path or fail("$path: $!");
	local $/;
	my $bytes = readline $file;
	return defined $bytes ? $bytes : fail("$path: $!");
}

# Returns of an image (the $file that was read from $path) the bytes, their address, the end of the
# zeroes after them, the entry, and where these bytes end in the file.
sub load {
	my ($path, $file) = @_;
	for (my $at = 0; $at + 32 <= length $file && $at < $SEARCHED; $at += 4) {
		my ($magic, $flags, $sum, $header, $start, $end, $bss_end, $entry) =
			unpack 'V8', substr $file, $at, 32;
		next if $magic != $HEADER_MAGIC || ($magic + $flags + $sum) % $FOUR_GIB;
		last if !($flags & $HAS_ADDRESSES);
		my $from = $at - ($header - $start);
		$end = $start + length($file) - $from if !$end; # all of the file
		my $length = $end - $start;
		fail("$path: its multiboot header's addresses do not fit the file")
			if $from < 0 || $length < 0 || $length > length($file) - $from;
		return (substr($file, $from, $length), $start, $bss_end || $end, $entry,
			$from + $length);
	}
	fail("$path: no multiboot header with addresses in its first $SEARCHED bytes");
}

# Returns the file without what follows the part that is loaded: debug information, eight times as
# long as that.  Of a file that is no image, all: the host says what is wrong with it.
sub module_of {
	my ($path) = @_;
	my $file = slurp($path);
	my $end = eval { (load($path, $file))[4] };
	return defined $end ? substr($file, 0, $end) : $file;
}

# Returns a record of boot/rom.asm: bytes for an address, and zeroes after them.
sub record {
	my ($to, $bytes, $zeroes) = @_;
	my $dwords = int((length($bytes) + 3) / 4);
	return pack "V3 a@{[$dwords * 4]}", $to, $dwords, int(($zeroes + 3) / 4), $bytes;
}

# Returns the machine's memory in bytes, as the last of Bochs's options has it.
sub memory {
	my $mib = 0;
	for (@_) { $mib = $1 if /^\s*(?:memory:.*\bguest\s*=|megs:)\s*([0-9]+)/ }
	return $mib * $MIB;
}

sub map_of {
	my ($memory) = @_;
	my $low = $memory < $RAM_END ? $memory : $RAM_END;
	my @map = ([0, $LOWER_KIB << 10, $AVAILABLE], [$MIB, $low - $MIB, $AVAILABLE],
		[$FOUR_GIB - $ROM_SIZE, $ROM_SIZE, $RESERVED]);
	push @map, [$FOUR_GIB, $memory - $FOUR_GIB, $AVAILABLE] if $memory > $FOUR_GIB;
	return join '', map { pack 'V Q< Q< V', 20, @$_ } @map;
}

sub make {
	my ($code, $image, $line, @module) = @_;
	my $memory = memory(@ARGV);
	my ($bytes, $start, $end, $entry) = load($image, slurp($image));
	my $module = @module ? module_of($module[0]) : '';
	my $module_at = ($end + $PAGE - 1) & -$PAGE;
	my $top = @module ? $module_at + length $module : $end;
	fail("$image needs memory up to ", sprintf('%#x', $top), ', the machine has ',
		$memory / $MIB, ' MiB') if $top > $memory || $top > $RAM_END;

	my $map = map_of($memory);
	my $map_at = $INFO + 13 * 4;
	my $mods_at = $map_at + length $map;
	my $line_at = $mods_at + 16;
	my $info = pack('V13', $MEMORY | $CMDLINE | $MMAP | (@module ? $MODS : 0), $LOWER_KIB,
		($memory < $RAM_END ? $memory : $RAM_END) / 1024 - 1024, 0, $line_at,
		@module / 2, $mods_at, 0, 0, 0, 0, length $map, $map_at)
		. $map
		. pack('V4', $module_at, $module_at + length $module, $line_at + length($line) + 1, 0)
		. join '', map { "$_\0" } $line, $module[1] // '';
	fail('the options are too long: together ', length($info), ' bytes, wanted at most ',
		$INFO_END - $INFO) if length $info > $INFO_END - $INFO;

	my $records = record($INFO, $info, 0)
		. record($start, $bytes, $end - $start - length $bytes)
		. record($module_at, $module, 0)
		. pack 'V4', 0, $LOADER_MAGIC, $INFO, $entry;
	my $room = $ROM_SIZE - length $code;
	fail("$image is too large for Bochs's ROM, with all that goes with it: ", length $records,
		" bytes, wanted at most $room") if length $records > $room;
	return $records . "\0" x ($room - length $records) . $code;
}

eval {
	my ($rom, $code, @images) = (shift, shift);
	while (@ARGV && (my $word = shift) ne '--') { push @images, $word }
	my $bytes = make(slurp($code), @images);
	open my $file, '>:raw', $rom or fail("$rom: $!");
	print {$file} $bytes;
	close $file or fail("$rom: $!");
	1;
} or do {
	print STDERR $@;
	exit 1;
};
