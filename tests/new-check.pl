# SPDX-License-Identifier: GPL-2.0-only
# What tests/new-check.sh does.  All errors come before the first change.
use strict;
use warnings;

my $LINES = 300; # that a source file may have (tests/style.t)
my $COLUMNS = 100;

my %text;    # of each file that was read, by its name
my @changed; # those that are to be written

sub fail { print STDERR "new-check: @_\n"; exit 99 }

sub text {
	my ($file) = @_;
	return $text{$file} if defined $text{$file};
	open my $in, '<', $file or fail("$file: $!");
	local $/;
	return $text{$file} = <$in>;
}

sub change {
	my ($file, $new) = @_;
	push @changed, $file if !grep { $_ eq $file } @changed;
	$text{$file} = $new;
}

# Returns whether it could.
sub write_file {
	my ($file, $new) = @_;
	open my $out, '>', $file or return 0;
	return print({$out} $new) && close $out;
}

# Puts $more into the file at the offset.
sub insert {
	my ($file, $at, $more) = @_;
	my $text = text($file);
	substr($text, $at, 0) = $more;
	change($file, $text);
}

# Returns the offset after the row of a table that begins at $at, and after the comma.
sub row_end {
	my ($file, $at) = @_;
	my ($depth, $string) = (0, qr/"(?:[^"\\]|\\.)*"/);
	pos($text{$file}) = $at;
	while ($text{$file} =~ /\G(?:[^{}"]|$string)*([{}])/gc) {
		$depth += $1 eq '{' ? 1 : -1;
		next if $depth;
		$text{$file} =~ /\G,/gc or last;
		return pos $text{$file};
	}
	fail("$file: no end of a row, with a comma after it");
}

# Returns the offset of the array that has what is at $at.
sub array_of {
	my ($file, $at) = @_;
	my ($begin, $text) = (undef, text($file));
	while ($text =~ /^(?:static )?const struct \w+ \w+\[\] = \{$/mg) {
		$begin = $-[0] if $-[0] < $at;
	}
	fail("$file: no array around a row") if !defined $begin;
	return $begin;
}

# A comment, in one line or in several.
sub comment {
	my ($what) = @_;
	return "/* $what */" if length $what <= $COLUMNS - 6;
	my @lines = '';
	for my $word (split / /, $what) {
		push @lines, '' if length("$lines[-1] $word") > $COLUMNS - 3;
		$lines[-1] .= " $word";
	}
	return join "\n", '/*', (map { " *$_" } @lines), ' */';
}

# A name for a function that the file can have.
sub function_name {
	my ($file, $name) = @_;
	my $code = join '', map { text($_) } $file, glob 'src/*/*.h src/*/*/*.h';
	my $keyword = qr/^(?:auto|break|case|char|const|continue|default|do|double|else|enum|extern|
		float|for|goto|if|inline|int|long|register|restrict|return|short|signed|sizeof|
		static|struct|switch|typedef|union|unsigned|void|volatile|while)$/x;
	$name =~ tr/-/_/;
	for my $try ($name, "check_$name", "new_$name") {
		return $try if $try =~ /^[a-z]/ && $try !~ $keyword && $code !~ /\b$try\b/;
	}
	fail("$file: all names for a function of '$name' are taken");
}

# ---- what there is ------------------------------------------------------------------------------

@ARGV == 2 or fail('wanted: AREA.NAME RULE, as patch.even P3');
my ($check, $rule) = @ARGV;
$check =~ /^([a-z][a-z0-9]*)\.([a-z0-9]+(?:-[a-z0-9]+)*)$/
	or fail("'$check' is no name of a check: wanted one as patch.even, of lowercase letters, "
		. 'digits and -');
my ($area, $what) = ($1, $2);

# The rows of all checks, and the files of the area with the number of its rows.
my (%abi_of, %rows);
for my $file (glob 'src/guest/*/*.c') {
	my ($abi) = $file =~ m{^src/guest/([^/]+)/};
	my $text = text($file);
	while ($text =~ /\{"(([a-z0-9]+)\.[a-z0-9-]+)", "/g) {
		fail("there is a check $check: $file") if $1 eq $check;
		$abi_of{$2} = $abi;
		$rows{$file}++ if $2 eq $area;
	}
}
my $abi = $abi_of{$area}
	or fail("no area '$area'; there are: " . join(' ', sort keys %abi_of)
		. '.  A new one is a new file: docs/adding.md');

my $document = "docs/abi-$abi.md";
text($document) =~ /^### \Q$rule\E(?: \(([HLRV])\))?: (.*)$/m
	or fail("$document has no rule '$rule': first find out who promised it, and write it there");
my ($class, $title) = ($1 || '', $2);
fail("$document: rule $rule is of class $class: only what is promised (H, L) can fail a check")
	if $class ne 'H' && $class ne 'L';

# ---- the check ----------------------------------------------------------------------------------

# The file of the area's name, or else that with most of its rows; if it has room.
my $ROOM = $LINES - 8;
my ($file) = sort { (text($a) =~ tr/\n// > $ROOM) <=> (text($b) =~ tr/\n// > $ROOM) ||
	($b =~ m{/\Q$area\E\.c$}) <=> ($a =~ m{/\Q$area\E\.c$}) ||
	$rows{$b} <=> $rows{$a} || $a cmp $b } keys %rows;
my ($array, $last, $several);
my $guest = text($file);
while ($guest =~ /\{"\Q$area\E\.[a-z0-9-]+", "[^"]*",([^}]*)/g) {
	my ($at, $fields) = ($-[0], $1);
	my $begin = array_of($file, $at);
	$array = $begin if !defined $array;
	($last, $several) = ($at, $fields =~ /CHECK_VCPUS/) if $begin == $array;
}
my $function = function_name($file, $what);
my $flag = $several ? ' CHECK_VCPUS,' : '';
insert($file, row_end($file, $last), "\n\t{\"$check\", \"$rule\",$flag .body = $function},");
insert($file, $array, comment("$rule: $title.") . "\nstatic void $function(struct run *run)\n{\n"
	. "\tfail_check(run, \"not written yet\");\n}\n\n");

# ---- its fault ----------------------------------------------------------------------------------

(my $fault = $check) =~ tr/./-/;
for my $table (glob 'tests/*/faults*.tsv') {
	fail("there is a fault $fault: $table") if text($table) =~ /^\Q$fault\E\t/m;
}

# Beside the last fault of the same rule, or else beside the last one of all; one whose row is as
# most are, and whose file has room.
my $table = "tests/$abi/" . ($several ? 'faults-smp.tsv' : 'faults.tsv');
my @others = map { [split /\t/] } grep { !/^#/ } split /\n/, text($table);
my ($beside, $home, $at, $step, $options);
for my $other ((grep { $_->[1] eq $rule } reverse @others), reverse @others) {
	for my $source (glob "src/host/$abi/faults_*.c") {
		next if text($source) !~ /\{ROW\("\Q$other->[0]\E", "[^"]+", (\w+),/;
		($step, $at) = ($1, $-[0]);
		next if text($source) =~ tr/\n// > $LINES - 9;
		($beside, $home) = ($other->[0], $source);
		($options) = ($other->[3] || '') =~ /\b(abi=\w+)/;
	}
	last if $home;
}
$home or fail("no src/host/$abi/faults_*.c has a row of $table and room for one more");
my $honest = "${abi}_honest";
text($home) =~ /\((struct \w+ \*q)\)/ or fail("$home: no function of a fault");
my $argument = $1;
my $breaks = function_name($home, $fault);
my $faults = array_of($home, $at);
my $row = "\n\t{ROW(\"$fault\", \"$rule\", $step, $breaks,";
my $seen = "\"not written yet: $check fails\")},";
$row .= length("$row $seen") + 7 > $COLUMNS ? "\n\t     $seen" : " $seen";
insert($home, row_end($home, $at), $row);
insert($home, $faults, comment("Not written yet: what breaks $rule so that $check fails.") . "\n"
	. "static void $breaks($argument)\n{\n\t$honest.$step(q);\n}\n\n");
text($table) =~ /^\Q$beside\E\t.*\n/m or fail("$table: no row of $beside");
insert($table, $+[0], "$fault\t$rule\t$check" . ($options ? "\t$options" : '') . "\n");

# ---- all of it, or nothing ----------------------------------------------------------------------

for my $new (@changed) {
	my $lines = text($new) =~ tr/\n//;
	fail("$new would have $lines lines, $LINES are allowed: first move something")
		if $new =~ /\.c$/ && $lines > $LINES;
}
my @written;
my $trouble;
for my $new (@changed) {
	push @written, "$new.new";
	next if write_file("$new.new", text($new));
	$trouble = "$new.new: $!";
	last;
}
if ($trouble) {
	unlink @written;
	fail($trouble);
}
# Rows of short checks stand in columns; only this version agrees with itself about them.
my @sources = map { "$_.new" } grep { /\.c$/ } @changed;
my $version = `clang-format --version 2>/dev/null` || '';
if ($version =~ / 14\./) {
	for my $new (@sources) {
		(my $name = $new) =~ s/\.new$//;
		my $formatted = `clang-format --assume-filename=$name <$new`;
		write_file($new, $formatted) or fail("$new: $!") if !$? && length $formatted;
	}
}
for my $new (@changed) {
	rename "$new.new", $new or fail("$new: $!");
}
print <<"END";
$file: $function(), and its row: the check fails until it is written
$home: $breaks(), and its row beside $beside: it breaks nothing until it is written
$table: the fault's row
END
print "'make format' is left to do: it wants clang-format 14\n" if $version !~ / 14\./;
my $smp = $several ? ' --smp=4' : '';
print <<"END";
Now write both; see the one fail on the other, and pass without:
    ./run-qemu.sh --append='strict only=$check' --host-append=fault=$fault$smp
Other faults may trip the check: add it to their rows.  docs/adding.md has the other steps.
END
