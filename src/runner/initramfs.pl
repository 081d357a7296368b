# SPDX-License-Identifier: GPL-2.0-only
# Packs files for a Linux kernel to boot from, and prints the archive: the newc format of cpio
# (Documentation/driver-api/early-userspace/buffer-format.rst of the Linux sources).
#
#   perl src/runner/initramfs.pl NAME=FILE...
use strict;
BEGIN { $^W = 1 } # 'use warnings' would take longer than all of this

my $PROGRAM = 0100755; # a plain file that everybody may read and run
my $inode = 0;

sub padded { return $_[0] . "\0" x (-length($_[0]) % 4) }

sub entry {
	my ($name, $mode, $bytes) = @_;
	# Owner, group, time, and the numbers of devices are 0.
	my @fields = (++$inode, $mode, 0, 0, 1, 0, length $bytes, 0, 0, 0, 0, 1 + length $name, 0);
	return padded('070701' . join('', map { sprintf '%08x', $_ } @fields) . "$name\0")
		. padded($bytes);
}

sub content_of {
	my ($path) = @_;
	open my $file, '<:raw', $path or die "cannot read $path: $!\n";
	local $/;
	return <$file>;
}

binmode STDOUT;
for (@ARGV) {
	my ($name, $path) = /^([^=]*)=(.*)$/s or die "'$_': wanted NAME=FILE\n";
	print entry($name, $PROGRAM, content_of($path)) or die "cannot write: $!\n";
}
print entry('TRAILER!!!', 0, '');
close STDOUT or die "cannot write: $!\n";
