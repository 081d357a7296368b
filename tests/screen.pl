#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-only
# tests/screen.pl FILE [WIDTH HEIGHT PITCH BITS]: prints the text on a screen of pixels, by the
# shapes in src/lib/font.c.  FILE is a PPM, as QEMU's screendump writes it, or a framebuffer's
# memory.  What is no character is a "?".
use strict;
use warnings;

open my $source, '<', 'src/lib/font.c' or die "src/lib/font.c: $!\n";
my ($code, %character) = 32;
while (my $line = <$source>) {
	$character{join ' ', map { hex } split /, /, $1} = chr $code++ while $line =~ /\{(0x[^}]*)\}/g;
}
die "src/lib/font.c: wanted 95 characters, got ${\($code - 32)}\n" if $code != 127;

my ($file, $width, $height, $pitch, $bits) = @ARGV;
open my $in, '<:raw', $file or die "$file: $!\n";
my $image = do { local $/; <$in> };
my $start = 0;
if (!defined $width) {
	$image =~ /\AP6\s+(\d+)\s+(\d+)\s+255\s/g or die "$file: no PPM\n";
	($width, $height, $pitch, $bits, $start) = ($1, $2, 3 * $1, 24, pos $image);
}
die "$file: too short\n" if length $image < $start + $height * $pitch;

# 1: white, 0: black, -1: something else
sub pixel {
	my ($x, $y) = @_;
	my $bytes = substr $image, $start + $y * $pitch + $x * $bits / 8, $bits / 8;
	return $bytes =~ /\A\xff+\z/ ? 1 : $bytes =~ /\A\0+\z/ ? 0 : -1;
}

# The character in a cell of 10 by 16 pixels, two by two of which are one of the font.
sub cell {
	my ($left, $top) = @_;
	my @columns = (0) x 5;
	for my $y (0 .. 15) {
		for my $x (0 .. 9) {
			my $value = pixel($left + $x, $top + $y);
			my ($column, $bit) = (int($x / 2), 1 << int($y / 2));
			$columns[$column] |= $bit if $value == 1 && $x % 2 == 0 && $y % 2 == 0;
			return '?' if $value != !!($columns[$column] & $bit);
		}
	}
	return $character{"@columns"} // '?';
}

for my $line (0 .. int($height / 16) - 1) {
	my $text = join '', map { cell(10 * $_, 16 * $line) } 0 .. int(($width - 2) / 10) - 1;
	print $text =~ s/ +$//r, "\n";
}
