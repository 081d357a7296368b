# SPDX-License-Identifier: GPL-2.0-only
# Makes mutants of a C source: each is one small change of what the code does, by a rule.  The rules
# are regular expressions, and rely on the form that clang-format gives to the sources.
use strict;
use warnings;

my $PARENS = qr/(\((?:[^()]++|(?-1))*+\))/;
my $BRACES = qr/(\{(?:[^{}]++|(?-1))*+\})/;
my $FLAG = qr/[A-Z][A-Z0-9_]+(?:\([^()]*\))?/;

# These only make messages, and what a message says is no verdict.
my $TALK = qr/log_line|vformat|tap_diag|check_diag|fail_check|keep_reason|skip|panic|vcpu_end/;

# The text with blanks for comments and for what is in strings: offsets stay the same.
sub without_comments {
	my ($text) = @_;

	$text =~ s{(/\*.*?\*/)|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'}{
		my ($comment, $part) = (defined $1, $&);
		if ($comment) { $part =~ s/[^\n]/ /g } else { $part =~ s/(?<=.).(?=.)/ /g }
		$part
	}gse;
	return $text;
}

# Where the comma after the Nth argument of a call is, in the text from its parenthesis on.
sub end_of_argument {
	my ($args, $n) = @_;
	my $depth = 0;

	while ($args =~ /([({])|([)}])|,/g) {
		$depth += defined $1 ? 1 : defined $2 ? -1 : 0;
		return $-[0] if $& eq ',' && $depth == 1 && --$n == 0;
	}
	return length $args;
}

# Two strings that say of each byte whether it is in a function, and whether in a message.
sub regions {
	my ($code) = @_;
	my $in = "\0" x length $code;
	my $talk = $in;

	while ($code =~ /^\{\n.*?^\}$/msg) {
		substr($in, $-[0], $+[0] - $-[0]) = "\1" x ($+[0] - $-[0]);
	}
	while ($code =~ /\b(expect|$TALK)(?=$PARENS)/g) {
		my ($args, $at, $name) = ($2, $+[1], $1);
		my $from = $name eq 'expect' ? end_of_argument($args, 2) : 0;

		substr($talk, $at + $from, length($args) - $from) = "\1" x (length($args) - $from);
	}
	return ($in, $talk);
}

# Where the operand of && or || begins that ends at the offset.
sub operand_start {
	my ($code, $at) = @_;
	my $depth = 0;

	while ($at-- > 0) {
		my $c = substr($code, $at, 1);

		$depth++ if $c eq ')';
		last if $c eq '(' && --$depth < 0;
		next if $depth > 0;
		last if $c =~ /[,;{}?:]/ || substr($code, $at - 1, 2) =~ /&&|\|\|/;
		last if substr($code, $at - 1, 3) =~ /^[^=!<>]=[^=]$/;
		return $at + 1 if substr($code, $at - 6, 7) =~ /\breturn$/;
	}
	return $at + 1;
}

# Where the operand ends that begins at the offset.
sub operand_end {
	my ($code, $at) = @_;
	my $depth = 0;

	for (; $at < length $code; $at++) {
		my $c = substr($code, $at, 1);

		$depth++ if $c eq '(';
		last if $c eq ')' && --$depth < 0;
		next if $depth > 0;
		last if $c =~ /[,;{}?:]/ || substr($code, $at, 2) =~ /&&|\|\|/;
	}
	return $at;
}

my %OTHER = ('<' => '<=', '<=' => '<', '>' => '>=', '>=' => '>', '==' => '!=', '!=' => '==');

# Calls &$add(rule, offset, length, replacement) for each place in a function.
sub change_statements {
	my ($code, $add) = @_;
	my %seen;

	while ($code =~ /^\t+((?:\w+(?:->|\.))*\w+)$PARENS;/mg) {
		my ($name, $at, $length) = ($1, $-[1], $+[0] - $-[1]);

		next if $name =~ /^(?:$TALK|if|for|while|switch|return|sizeof)$/;
		&$add($name =~ /^expect/ ? 'drop-expect' : 'drop-call', $at, $length, '(void)0;');
	}
	while ($code =~ /^\t+(\*?\w+(?:(?:->|\.)\w+|\[[^\]\n]*\])*)\s*[-+|&^]?=\s[^;]*;/mg) {
		&$add('drop-assignment', $-[1], $+[0] - $-[1], '(void)0;');
	}
	while ($code =~ /\bif $PARENS/g) {
		&$add('negate', $-[1], $+[1] - $-[1], "(!$1)");
	}
	while ($code =~ /&&|\|\|/g) {
		my ($from, $to, $value) = ($-[0], $+[0], $& eq '&&' ? '1' : '0');
		my $start = operand_start($code, $from);

		&$add('drop-operand', $start, $from - $start, "$value ") if !$seen{$start}++;
		&$add('drop-operand', $to, operand_end($code, $to) - $to, $value) if !$seen{$to}++;
	}
	while ($code =~ /(?<= )(?:<=|>=|<|>|==|!=)(?= )/g) {
		&$add('compare', $-[0], $+[0] - $-[0], $OTHER{$&});
	}
	while ($code =~ /\breturn (true|false);/g) {
		&$add('return', $-[1], $+[1] - $-[1], $1 eq 'true' ? 'false' : 'true');
	}
}

# Likewise for tables and constants, in functions and elsewhere.
sub change_values {
	my ($code, $add) = @_;

	while ($code =~ /(?<![\w.])(?:0x[0-9a-fA-F]+|\d+)(?:[uU]?[lL]{0,2})\b/g) {
		my ($from, $to, $number) = ($-[0], $+[0], $&);

		next if substr($code, $from - 5, 5) =~ /\b(?:ST|XMM)\($/;
		next if substr($code, $from - 1, 1) eq '[' && substr($code, $to, 4) =~ /^\](?: = |[;,)])/;
		&$add('constant', $from, $to - $from, "($number + 1)");
	}
	while ($code =~ /\b$FLAG(?=\s\|\s)|(?<=\|)\s+\K$FLAG/g) {
		&$add('drop-flag', $-[0], $+[0] - $-[0], '0');
	}
	while ($code =~ /(\w+)\[[^\]\n]*\] = $BRACES;/g) {
		my ($at, $list) = ($-[2] + 1, substr($2, 1, -1));

		next if $1 eq 'checks' || $list !~ /,\s*[^\s]/;
		while ($list =~ /(?:[^\s,{}()]|$BRACES|$PARENS)(?:[^,{}()]|$BRACES|$PARENS)*,?/g) {
			&$add('drop-element', $at + $-[0], $+[0] - $-[0], '');
		}
	}
	# Rows of src/x86/machine.c.
	while ($code =~ /^\tR\([^\n]*\)(?= \\$|$)|^\tAT\(.*\)$|(?<=[\t ])(?:ST|XMM)\(\d+\)/mg) {
		&$add('drop-register', $-[0], $+[0] - $-[0], '');
	}
}

# Whether a number is compared.  Many other numbers of the guest's are examples, of which any would
# do.
sub is_compared {
	my ($code, $from, $to) = @_;
	my $line = rindex($code, "\n", $from) + 1;
	my $before = substr($code, $line, $from - $line);

	return 0 if $before =~ /\b(?:random64\(\)|round) /; # how examples are chosen
	return $before =~ /(?:[=!<>]=|(?<![<>-])[<>]) $/ ||
		substr($code, $to, 5) =~ /^ (?:[=!<>]=|[<>][^<>])/;
}

# How often the guest's loops turn is mostly an example, too: what counts is whether they turn at
# all, and of those over a table or so many registers, that they have each.  Returns a string that
# says of each byte whether it is in the head of a loop.
sub change_loops {
	my ($code, $add) = @_;
	my $heads = "\0" x length $code;

	while ($code =~ /\bfor $PARENS/g) {
		my ($at, $head) = ($-[1], $1);

		substr($heads, $at, length $head) = "\1" x length $head;
		$head =~ /^\((.*?);\s*(.*?);/s or next;
		my ($first, $condition, $end, $from) = ($1, $2, $at + $+[1], $at + $-[2]);
		&$add('drop-loop', $from, length $condition, "0 && ($condition)") if $condition ne '';
		&$add('skip-first', $end - 1, 1, '1')
			if $first =~ / = 0$/ && $condition =~ /< (?:\d+|sizeof.*)$/s;
	}
	return $heads;
}

sub one_line {
	my ($text) = @_;

	$text =~ s/\s+/ /g;
	$text =~ s/^ | $//g;
	return $text;
}

# The mutants of a file's text: where each is, its rule, how much goes and what comes instead.  text
# and mutated are the lines that it changes, each made one line, for people and tables.
sub mutants_of {
	my ($file, $text) = @_;
	my $code = without_comments($text);
	my ($in, $talk) = regions($code);
	my $guest = $file =~ m{^src/guest/};
	my $heads = '';
	my (@all, %count);
	my $add = sub {
		my ($rule, $at, $length, $new) = @_;

		return if substr($talk, $at, 1) eq "\1";
		return if $heads && substr($heads, $at, 1) eq "\1";
		return if $rule eq 'constant' && $guest && !is_compared($code, $at, $at + $length);
		substr($code, $at, $length) =~ /^(\s*)(.*?)\s*$/s or return;
		($at, $length) = ($at + length $1, length $2);
		my $start = rindex($text, "\n", $at - 1) + 1;
		my $end = index($text, "\n", $at + $length);
		my $before = substr($text, $start, $at - $start);
		my $after = substr($text, $at + $length, $end - $at - $length);

		push @all, {file => $file, at => $at, length => $length, new => $new, rule => $rule,
			line => 1 + (substr($text, 0, $at) =~ tr/\n//),
			text => one_line(substr($text, $start, $end - $start)),
			mutated => one_line($before . $new . $after)};
	};

	$heads = change_loops($code, $add) if $guest;
	change_statements($code, sub { &$add(@_) if substr($in, $_[1], 1) eq "\1" });
	change_values($code, $add);
	@all = sort { $a->{at} <=> $b->{at} || $a->{rule} cmp $b->{rule} } @all;
	for my $m (@all) {
		my $n = ++$count{"$m->{line} $m->{rule}"};
		$m->{rule} .= ".$n" if $n > 1;
	}
	return @all;
}

# The text with the mutant in it.  All other lines keep their numbers.
sub mutate {
	my ($text, $m) = @_;
	my $lost = (substr($text, $m->{at}, $m->{length}) =~ tr/\n//) - ($m->{new} =~ tr/\n//);

	substr($text, $m->{at}, $m->{length}) = $m->{new} . "\n" x ($lost > 0 ? $lost : 0);
	return $text;
}

1;
