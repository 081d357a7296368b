# SPDX-License-Identifier: GPL-2.0-only
# Says where in the source a trap was that the guest or the host printed (src/lib/panic.c): lines
# "# at ADDRESS: FUNCTION at FILE:LINE", by addr2line and the images.  The raw log has none of them.
package Symbols;
use strict;

my $RETURNS_MAX = 16; # src/lib/panic.c prints no more

my ($rip, @returns); # of the last trap

sub begin {
	undef $rip;
	@returns = ();
}

# Whole lines of the stream, as they are printed.
sub take {
	my ($lines) = @_;
	local $^W = 0; # hex() warns of more than 32 bits
	while ($lines =~ /^# (?:vector .* rip|(stack)) (0x[0-9a-f]{1,16})\b/mg) {
		if (!$1) { ($rip, @returns) = (hex $2) }
		elsif (defined $rip && @returns < $RETURNS_MAX) { push @returns, hex $2 }
	}
}

# Returns the code of an image: its first address, and its bytes.
sub code_of {
	my ($path) = @_;
	my ($code) = grep { $_->[2] & 1 } Expect::loaded_parts(Expect::content_of($path) // '');
	return $code ? @$code : ();
}

# Whether a CALL ends at this offset of the code: a direct one, or one through register or memory.
sub after_call {
	my ($code, $at) = @_;
	return 1 if $at >= 5 && substr($code, $at - 5, 1) eq "\xe8";
	for my $length (2, 3, 4, 6, 7) {
		return 1 if $at >= $length &&
			substr($code, $at - $length, 2) =~ /^\xff[\x10-\x17\x50-\x57\x90-\x97\xd0-\xd7]/s;
	}
	return 0;
}

# Returns the lines of one address; those of a return address are its call's.
sub places {
	my ($path, $address, $is_return) = @_;
	my @words = ('-f', '-i', '-p', '-e', $path, sprintf '%#x', $address - $is_return);
	for my $program (qw(addr2line llvm-addr2line)) {
		open my $pipe, '-|', 'sh', '-c', 'exec "$0" "$@" 2>/dev/null', $program, @words
			or return;
		my @lines = grep { !/^\?\?/ } <$pipe>;
		close $pipe;
		s/(?: \(discriminator [0-9]+\))?\n// for @lines; # which part of the line: for compilers
		return map { Stream::show(s/^ //r =~ s{ at (?:(?:\./)+|/dev/fd//)}{ at }r) } @lines if @lines;
	}
	return;
}

# Returns the lines about the last trap, of an image if the address is in one.
sub report {
	my (@images) = @_;
	return if !defined $rip;
	my (@lines, %seen);
	for my $path (@images) {
		my ($first, $code) = code_of($path);
		next if !defined $code || $rip - $first < 0 || $rip - $first >= length $code;
		push @lines, [$rip, places($path, $rip, 0)];
		for my $address (@returns) {
			next if $seen{$address}++ || !after_call($code, $address - $first);
			push @lines, [$address, places($path, $address, 1)];
		}
	}
	return map { my ($address, @places) = @$_; map { sprintf '# at %#x: %s', $address, $_ } @places }
		@lines;
}

1;
