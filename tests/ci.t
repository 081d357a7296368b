#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The recipes for CI (GitHub's, GitLab's, .ci/run) run the README's two commands: on each Debian
# that tests/fresh.sh tries, with gcc and with clang, and where there is a KVM with that; and make
# lint where its tools are.
. tests/tap.sh

awk '/^```sh$/ { on = 1; next } /^```$/ { if (on) exit } on' README.md >"$tmp/commands"
is "$(cat "$tmp/commands")" './run-qemu.sh --deps
make check' "the README's two commands"
is "$(grep -vE '^(#|set |cd )' .ci/run)" "$(cat "$tmp/commands")" '.ci/run has them'

if ! perl -MCPAN::Meta::YAML -e1 2>/dev/null; then
	skip 'the recipes' 'no CPAN::Meta::YAML here, which comes with Perl'
	finish
	exit
fi

# recipe FILE: prints of each job its name, the image, what it runs and whether it has a KVM, once
# for each member of its matrix.  Fails if the file is no YAML.
cat >"$tmp/recipe.pl" <<'END'
use strict;
use warnings;
my $file = shift;
my $yaml = eval { CPAN::Meta::YAML->read($file) } or die "$file: no YAML: " .
	(CPAN::Meta::YAML->errstr || $@);
my $github = defined $yaml->[0]{jobs};
my $jobs = $yaml->[0]{jobs} || $yaml->[0];
for my $name (sort keys %$jobs) {
	my $job = $jobs->{$name};
	my $matrix = $github ? $job->{strategy}{matrix} : $job->{parallel}{matrix}[0];
	my $image = $github ? $job->{container} : $job->{image};
	my $options = ref $image ? $image->{options} : join ' ', @{$job->{tags} || []};
	$image = $image->{image} if ref $image;
	my @run = $github ? map { $_->{run} || () } @{$job->{steps}} : @{$job->{script}};
	my @texts = join ';', "$name $image", @run;
	for my $variable (sort keys %$matrix) {
		@texts = map {
			my $text = $_;
			map { $text =~ s/\$\{\{ matrix\.$variable \}\}|\$$variable\b/$_/gr }
				@{$matrix->{$variable}}
		} @texts;
	}
	print map { $_ . (($options || '') =~ /kvm/ ? ';kvm' : '') . "\n" } @texts;
}
END
recipe() { perl -MCPAN::Meta::YAML "$tmp/recipe.pl" "$1"; }

# What both have to be.
suites=$(sed -n "s/^SUITES='\(.*\)'$/\1/p" tests/fresh.sh)
newest=${suites##* }
deps=$(head -n 1 "$tmp/commands") check=$(tail -n 1 "$tmp/commands")
{
	for suite in $suites; do
		for compiler in 0 1; do echo "check debian:$suite;$deps;$check LLVM=$compiler"; done
	done
	echo "kvm debian:$newest;$deps;$check;kvm"
	echo "lint debian:bookworm;$deps;make lint"
} | sort >"$tmp/wanted"
for file in .github/workflows/ci.yml .gitlab-ci.yml; do
	recipe "$file" >"$tmp/jobs" 2>"$tmp/err"
	ok $? "$file is YAML" || sed 's/^/# /' "$tmp/err"
	sort "$tmp/jobs" | diff "$tmp/wanted" - >"$tmp/diff"
	ok $? "$file: its jobs" || sed 's/^/# /' "$tmp/diff"
	for break in 's/--deps/--dep/' 's/LLVM=1/LLVM=0/' 's/bookworm/bullseye/' 's/kvm$/kwm/'; do
		sed "$break" "$file" >"$tmp/broken.yml"
		! recipe "$tmp/broken.yml" 2>/dev/null | sort | cmp -s - "$tmp/wanted"
		ok $? "$file, after $break: another recipe"
	done
	{ cat "$file" && echo '	- x: [' ; } >"$tmp/broken.yml"
	! recipe "$tmp/broken.yml" >/dev/null 2>&1
	ok $? "$file with a bad line: no YAML"
done
lacks .github/workflows/ci.yml 'uses: ([^a]|a[^c]|.*@($|main|master))' \
	'GitHub: only its own actions, each with a version'
is "$(sed -n 's/.*uses: //p' .github/workflows/ci.yml | sort -u)" actions/checkout@v4 \
	'and there is one'

# Debian's own list of its releases, where it is.
names=/usr/share/distro-info/debian.csv
for suite in $suites; do
	if [ -e $names ]; then
		has $names "^[0-9]+,[A-Za-z]+,$suite," "Debian has a release $suite"
	else
		skip "Debian has a release $suite" "no $names"
	fi
done
finish
