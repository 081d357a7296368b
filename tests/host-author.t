#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# docs/host-author.md: at each of its steps those checks turn green that it says, on the reference
# host and, over /dev/kvm, in the VMM; no area is left out; and what it shows is what comes.
# shellcheck disable=SC2016,SC2046,SC2086 # Markdown; lists of globs
. tests/tap.sh
doc=docs/host-author.md

# table HEADING: the rows of the table below this heading: of each cell the words in backquotes, a |
# between two cells.
table() {
	perl -e '
		my $heading = shift;
		while (<>) {
			($on, $lines) = ($1 eq $heading, 0) if /^## (.*)/;
			next if !$on || !/^\| (.*)\|$/ || $lines++ < 1;
			my @cells = split / *\| /, $1, -1;
			print join("|", map { join " ", /`([^`]*)`/g } @cells), "\n";
		}' "$1" "$doc"
}

# ---- what it shows ------------------------------------------------------------------------------

./run-qemu.sh --host=none --accel=tcg --append='require abi=kvm' >"$tmp/none"
awk '/^```text$/ { on = ++n == 1; next } /^```/ { on = 0 } on' "$doc" >"$tmp/shown"
holds 'it shows a failure' test "$(grep -c '^not ok ' "$tmp/shown")" = 1
grep -vxF -f "$tmp/none" "$tmp/shown" >"$tmp/err"
lacks "$tmp/err" . 'which is the first one that comes'

# ---- names --------------------------------------------------------------------------------------

. tests/checks.sh
set -f # of the globs in the document
for glob in $(grep -o '`[^`]*`' "$doc" | tr -d '`' | tr ' ' '\n' | sed 's/^skip=//' | tr , '\n' |
	grep -xE '[a-z0-9*]+\.[a-z0-9*-]+|\*-[a-z]+' | sort -u); do
	[ "$(count "$glob")" -gt 0 ] || echo "$glob"
done >"$tmp/err"
lacks "$tmp/err" . 'the checks that it names are there'

has "$O/guest.sym" ' machine_exit$' 'the function in which a run ends is there'
for words in 'boot_params at RSI' 'PVH start_info 1 at EBX' 'memory: wanted' \
	'0x2badb002 or 0x36d76289 (multiboot) in EAX'; do
	grep -qF "no $words" "$doc" && grep -rqF "no $words" src
	ok $? "no $words: the image says so"
done

# ---- a VMM over /dev/kvm ------------------------------------------------------------------------

# green NAMES OPTION...: the guest under the VMM with these options: these checks pass.
green() {
	names=$1
	shift
	timeout 60 "$O/tests/vmm" --boot=linux "$@" "$O/guest.elf" >"$tmp/run" 2>&1
	for name in $names; do
		has "$tmp/run" "^ok [0-9]+ - $name\$" "the VMM, $*: $name is green"
	done
}
# not_yet PATTERN OPTION...: a line of the stream matches.
not_yet() {
	pattern=$1
	shift
	timeout 60 "$O/tests/vmm" --boot=linux "$@" "$O/guest.elf" >"$tmp/run" 2>&1
	has "$tmp/run" "$pattern" "the VMM, $*: $pattern"
}
if make -s O="$O" vmm >&2 && kvm_is_here; then
	table 'Once, with a VMM over /dev/kvm' >"$tmp/table"
	is "$(cut -d'|' -f3,4 "$tmp/table" | tr '|\n' ' ;')" \
		' ;kvm cpuid.*;msr.gating msr.gating;pveoi.reserved asyncpf.wake ;smp.cpuid smp.values ;' \
		'its steps are those below'
	not_yet '^not ok 1 - kvm$' --no-signature --append='abi=kvm require'
	not_yet '^not ok [0-9]+ - msr\.gating$' --append='abi=kvm only=cpuid.*,msr.*'
	lacks "$tmp/run" '^not ok [0-9]+ - cpuid' 'the VMM with CPUID: cpuid.* are green'
	green msr.gating --enforce --append='abi=kvm only=msr.gating'
	not_yet '^ok [0-9]+ - pveoi\.reserved # SKIP ' --append='abi=kvm only=pveoi.*,asyncpf.*'
	green 'pveoi.reserved asyncpf.wake' --lapic --append='abi=kvm only=pveoi.reserved,asyncpf.wake'
	not_yet '^ok [0-9]+ - smp\.cpuid # SKIP 1 vCPU$' --lapic --append='cpus=1 abi=kvm only=smp.cpuid'
	green 'smp.cpuid smp.values' --lapic --smp=2 --append='cpus=2 abi=kvm only=smp.cpuid,smp.values'
else
	skip 'the way of a VMM' 'no /dev/kvm that works'
fi

# ---- today's ABI: a host with ever more features ------------------------------------------------

abis=kvm
. tests/checks.sh
set -f # of the globs in the document
table "Today's interface, from nothing" >"$tmp/table"

# Each check belongs to the step that names it, or else to the first that has a glob for it; those
# for several vCPUs (smp.*) are beside the table.  What has no occasion on this host is in no step,
# unless it is named.
perl -e '
	my ($table, $checks, @no_occasion) = @ARGV;
	my %none = map { $_ => 1 } @no_occasion;
	open my $file, "<", $table or die;
	my @steps = map { [split / /, (split /\|/)[2]] } <$file>;
	sub glob_of { (my $re = quotemeta shift) =~ s/\\\*/.*/g; $re }
	open $file, "<", $checks or die;
	for my $check (map { chomp; $_ } grep { !/^smp\./ } <$file>) {
		my ($named) = grep { grep { $_ eq $check } @{$steps[$_]} } 0 .. $#steps;
		my ($first) = grep { grep { $check =~ /^${\glob_of($_)}$/ } @{$steps[$_]} }
			0 .. $#steps;
		next if !defined $named && $none{$check};
		$first = $named if defined $named;
		print defined $first ? $first + 1 : 0, " $check\n";
	}' "$tmp/table" "$tmp/checks" $(expand $no_occasion) >"$tmp/steps"
lacks "$tmp/steps" '^0 ' 'each check has its step'

: >"$tmp/before"
step=0
while IFS='|' read -r _ options _; do
	step=$((step + 1))
	./run-qemu.sh --smp=2 --abi=kvm --append='strict seed=1 skip=smp.*' \
		--host-append="$options" >"$tmp/run"
	sed -n '/ # SKIP/d; s/^ok [0-9]* - //p' "$tmp/run" | sort >"$tmp/now"
	comm -13 "$tmp/before" "$tmp/now" >"$tmp/new"
	sed -n "s/^$step //p" "$tmp/steps" | sort | diff - "$tmp/new" >"$tmp/diff"
	ok $? "step $step, $options: what turns green" || sed 's/^/# /' "$tmp/diff"
	cp "$tmp/now" "$tmp/before"
done <"$tmp/table"
has "$tmp/run" '^# RESULT: PASS ' "step $step is the last: nothing fails"

# ---- the ABI of 2007: a host that goes no further -----------------------------------------------

abis=kvm2007
. tests/checks.sh
set -f
table 'The interface of 2007, from nothing' >"$tmp/table"
cut -d. -f1 "$tmp/checks" | awk '!seen[$0]++' >"$tmp/areas"

# A host goes no further by a fault.  It fails what that fault's row says; with one vCPU also vcpu.*
# is not green.
: >"$tmp/green"
while IFS='|' read -r _ options first green _; do
	fault=${options%% *}
	case $options in
	'') set -- ;;                # the complete host
	mute) set -- '*' ;;          # which is no host
	*) set -f -- $(rows faults.tsv faults-smp.tsv | grep "^$fault	" | cut -f3) ;;
	esac
	expand "$@" >"$tmp/red"
	case $options in
	'' | mute) ;;
	*) is "$(head -n 1 "$tmp/red")" "$first" "$fault: the first that is red" ;;
	esac
	case $options in '' | *--smp=4*) ;; *) echo vcpu.one >>"$tmp/red" ;; esac
	cut -d. -f1 "$tmp/red" | grep -vxF -f - "$tmp/areas" >"$tmp/now"
	is "$(grep -vxF -f "$tmp/green" "$tmp/now" | tr '\n' ' ')" \
		"$(echo "$green" | sed 's/\.\*/ /g; s/  */ /g; s/^ $//')" \
		"${fault:-the complete host}: the areas that are all green"
	cp "$tmp/now" "$tmp/green"
done <"$tmp/table"
cmp -s "$tmp/areas" "$tmp/green"
ok $? 'at the end all areas are green'
finish
