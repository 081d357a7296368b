# SPDX-License-Identifier: GPL-2.0-only
# The list of known failures (--expect=FILE): a line "CHECK<TAB>REASON" for each check that fails on
# this hypervisor.  Empty lines, and lines that begin with #, are comments.
#
# A listed failure is printed as TODO; a listed check that passes is printed as a failure, so that
# no line stays longer than it is true.  Only the results that are printed change: what the guest
# said is judged as if there were no list, and what the judge itself reports is never on it.
package Expect;
use strict;

my $CHECK = qr/[a-z0-9]+\.[a-z0-9-]+/;
my ($path, %reason);

# Returns the bytes of a file.  If it cannot be read, $! says why.
sub content_of {
	my ($name) = @_;
	open my $file, '<:raw', $name or return;
	local $/;
	return scalar <$file>; # of a directory: nothing
}

# Returns what an image (ELF64) brings into memory: each segment's address, bytes and rights.
sub loaded_parts {
	my ($image) = @_;
	return if length $image < 64; # no ELF header
	my ($headers, $size, $count) = unpack 'x32 Q< x14 S< S<', $image;
	my @parts;
	for (1 .. $count) {
		my ($type, $rights, $offset, $address, $bytes) =
			unpack "x$headers L< L< Q< Q< x8 Q<", $image;
		push @parts, [$address, substr($image, $offset, $bytes), $rights] if $type == 1;
		$headers += $size;
	}
	return @parts;
}

# Whether the guest has a check of this name: its table of checks points to the name.
sub has_check {
	my ($check, @parts) = @_;
	for (@parts) {
		my ($address, $bytes) = @$_;
		for (my $at = -1; ($at = index $bytes, "$check\0", $at + 1) >= 0;) {
			return 1 if index($bytes, pack 'Q<', $address + $at) >= 0;
		}
	}
	return 0;
}

# Adds a line to the list.  Returns what is wrong with it, or nothing.
sub add {
	my ($line, @parts) = @_;
	return if $line =~ /^(?:#.*)?$/;
	my ($check, $reason) = $line =~ /^($CHECK)\t([!-~][ -~]*)$/;
	return "wanted CHECK, one tab, and a reason in ASCII: '" . Stream::show($line) . "'"
		if !defined $check;
	return "'$check' is listed twice" if $reason{$check};
	return "no check is named '$check' (see 'list')" if !has_check($check, @parts);
	$reason{$check} = $reason;
	return;
}

# Reads a list's lines.  Returns what is wrong, or nothing.
sub read_list {
	($path, my $lines, my @parts) = @_;
	%reason = ();
	my $number = 0;
	for my $line (split /\n/, $lines) {
		$number++;
		my $wrong = add($line, @parts);
		return "$path, line $number: $wrong" if defined $wrong;
	}
	return;
}

# Reads the list $file for the guest $image; '' is no list.  Returns what is wrong, or nothing.
sub load {
	my ($file, $image) = @_;
	return if $file eq '';
	my $lines = content_of($file) // return "cannot read $file: $!";
	my $bytes = content_of($image) // return "cannot read $image: $!";
	return read_list($file, $lines, loaded_parts($bytes));
}

# Returns what a result counts as, and, if the list changes it, the lines to print instead: the
# result, and why.  $kind is pass, fail, skip or todo: what it counts as without a list.
sub apply {
	my ($kind, $number, $name) = @_;
	my $reason = $reason{$name};
	return $kind if !defined $reason || $kind !~ /pass|fail/;
	return ('todo', "not ok $number - $name # TODO known: $reason") if $kind eq 'fail';
	return ('fail', "not ok $number - $name",
		Judge::block(message => "listed in $path, passed", rule => 'runner.expect'));
}

1;
