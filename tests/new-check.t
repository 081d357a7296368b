#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tests/new-check.sh, in a copy of the tree: what it refuses, and changes nothing then; what it
# writes builds, is formatted and is in the lists of both images, and the check fails until it is
# written.
. tests/tap.sh

make -s O="$O" images >&2 || exit 1
mkdir "$tmp/tree" "$tmp/before"
tar -cf - --exclude='./build*' ./* .clang-format | tar -C "$tmp/tree" -xf -
# What is built is as new as in this tree, and made with the same tools, of which only the
# directory's name differs.
mkdir "$tmp/build"
cp -Rp "$O/obj" "$O/made-with" "$O/asm-offsets.inc" "$O/version" "$tmp/build/"
here=$(pwd -P)
sed "s|=$here=|=$tmp/tree=|" "$O/made-with" >"$tmp/build/made-with"
touch -r "$O/made-with" "$tmp/build/made-with"

new_check() { "$tmp/tree/tests/new-check.sh" "$@" >"$tmp/out" 2>"$tmp/err"; }
# sums: of all files in the copy.
sums() { (cd "$tmp/tree" && find . -type f -exec cksum {} + | sort -k3); }

# ---- what it refuses ----------------------------------------------------------------------------

sums >"$tmp/sums"
# refused MESSAGE WORD...
refused() {
	message=$1
	shift
	new_check "$@"
	is $? 99 "'$*' is refused"
	has "$tmp/err" "^new-check: $message" "'$*': it says why"
}
refused 'wanted: AREA\.NAME RULE, as ' patch.even
refused "'patch' is no name of a check: wanted one as " patch P3
refused "'patch\.Even' is no name of a check" patch.Even P3
refused "'patch\.even-' is no name of a check" patch.even- P3
refused "no area 'patches'; there are: .* patch " patches.even P3
refused 'there is a check patch\.odd: src/guest/kvm2007/patch\.c$' patch.odd P3
refused "docs/abi-kvm2007\.md has no rule 'KS1'" patch.even KS1
refused "docs/abi-kvm\.md has no rule 'S1'" steal.even S1
refused "docs/abi-kvm2007\.md has no rule 'P\.'" patch.even P.
refused 'docs/abi-kvm\.md: rule KS7 is of class V: only what is promised' steal.even KS7
refused 'there is a fault steal-more: tests/kvm/faults\.tsv$' steal.more KS5
# It has planned all before it writes: one file cannot be written.
mkdir "$tmp/tree/tests/kvm2007/faults.tsv.new"
refused 'tests/kvm2007/faults\.tsv\.new: Is a directory$' patch.even P3
rmdir "$tmp/tree/tests/kvm2007/faults.tsv.new"
sums | cmp -s - "$tmp/sums"
ok $? 'nothing has changed'

# ---- what it writes -----------------------------------------------------------------------------

# written CHECK RULE ABI TABLE
written() {
	new_check "$1" "$2"
	is $? 0 "$1: written"
	has "$tmp/tree/tests/$3/$4" "^$(echo "$1" | tr . -)	$2	$1(	abi=$3)?\$" \
		"$1: its fault's row"
	refused "there is a check $1: src/guest/$3/" "$1" "$2"
}
written patch.even P3 kvm2007 faults.tsv
written steal.register KS6 kvm faults.tsv # a name that C has
written vcpu.twice S7 kvm2007 faults-smp.tsv
written smp.twice KT13 kvm faults-smp.tsv
is "$(sums | diff - "$tmp/sums" | grep -c '^<')" 12 'three files for each check'
if clang-format --version 2>/dev/null | grep -q ' 14\.'; then
	(cd "$tmp/tree" && clang-format --dry-run -Werror src/guest/*/*.c src/host/*/*.c) 2>"$tmp/err"
	ok $? 'they are formatted' || head -n 20 "$tmp/err" | sed 's/^/# /'
else
	skip 'they are formatted' 'no clang-format 14 here'
fi

export O="$tmp/build"
make -s -C "$tmp/tree" images >"$tmp/out" 2>&1
ok $? 'it builds' || tail -n 20 "$tmp/out" | sed 's/^/# /'
run() { "$tmp/tree/run-qemu.sh" "$@" >"$tmp/out" 2>"$tmp/err"; }
run --append=list
for row in 'patch.even P3' 'steal.register KS6' 'vcpu.twice S7' 'smp.twice KT13'; do
	has "$tmp/out" "^# $row\$" "the guest lists $row"
done
run --host-append=faults
for row in 'patch-even P3' 'steal-register KS6' 'vcpu-twice S7' 'smp-twice KT13'; do
	has "$tmp/out" "^# $row not written yet: " "the host lists $row"
done
sed -nE 's/^# ([a-z0-9-]*) ([A-Z]+[0-9.]*|) .*/\1\t\2/p' "$tmp/out" >"$tmp/offered"
(cd "$tmp/tree" && for abi in kvm2007 kvm; do
	for table in faults faults-smp faults-bochs; do
		[ ! -e "tests/$abi/$table.tsv" ] || grep -v '^#' "tests/$abi/$table.tsv"
	done
done) | cut -f1,2 | cmp -s - "$tmp/offered"
ok $? "its rows are in the tables at the places of the host's list"
run --smp=2 --append='only=patch.even,steal.register,vcpu.twice,smp.twice'
is $? 1 'each fails'
is "$(grep -c '^# not written yet (rule [A-Z0-9]* of kvm[0-9]*)$' "$tmp/out")" 4 \
	'and says that it is not written yet'
finish
