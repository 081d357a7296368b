#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# After a trap that nobody expects the stream says where in the source it was, and who called.
. tests/tap.sh
. tests/rogue.sh

if ! command -v addr2line llvm-addr2line >/dev/null; then
	skip 'a backtrace' 'no addr2line here'
	finish
	exit
fi

# trap MODE FUNCTION: the rogue guest traps in FUNCTION, and main() called it.
trap_in() {
	for host in none ref; do
		rogue --host=$host --accel=tcg --append="do=$1" --log="$tmp/log"
		judged $? 99 ERROR "^# at 0x10[0-9a-f]+: $2 at tests/guests/.*\\.c:[0-9]+\$" \
			"$1, host=$host: the function and its line"
		at=$(sed -n 's/^# vector .* rip \(0x[0-9a-f]*\) .*/\1/p' "$tmp/out")
		is "$(sed -n 's/^# at \(0x[0-9a-f]*\):.*/\1/p' "$tmp/out" | head -n 1)" "$at" \
			"$1, host=$host: first the trap's own"
		has "$tmp/log" "^# stack 0x1[0-9a-f]+" "$1, host=$host: the raw log has the numbers"
		lacks "$tmp/log" '^# at ' "$1, host=$host: and no names"
	done
}
trap_in unexpected unexpected
has "$tmp/out" '^# at 0x1[0-9a-f]+: main at tests/guests/rogue\.c:[0-9]+$' 'its caller'
has "$tmp/out" '^# at 0x1[0-9a-f]+: [a-z_.]+ at boot/entry\.asm:[0-9]+$' \
	'up to the start, in assembly'
sed -n '/^# at /,$p' "$tmp/out" | sed -n '/^Bail out/,$p' >"$tmp/after"
holds 'the Bail out comes after that' test -s "$tmp/after"
trap_in double break_gates
trap_in overflow recurse
is "$(grep -c '^# stack ' "$tmp/out")" 16 'an overflow: as many words as are printed'
is "$(grep -c '^# at 0x[0-9a-f]*: recurse ' "$tmp/out")" 2 'and each address once'

rogue --host=none --accel=tcg --append=memory=0x9f000
lacks "$tmp/out" '^# (at|stack) ' 'a run without a trap has none of it'

# ---- what the lines are made of -----------------------------------------------------------------

program "$tmp/fake" <<'END2'
printf "TAP version 13\n1..1\n# run a\n$FAKE_TEXT"
printf 'Bail out! unexpected exception 6 in a.b\n# RESULT: ERROR pass=0 fail=0 skip=0 todo=0\n'
exit 39
END2
export FAKE_TEXT
# told TEXT: judges a guest that prints TEXT and bails out.
told() {
	FAKE_TEXT=$1
	perl src/runner/engine.pl engine=QEMU seconds=30 exit_skip=0 log= debug_log= \
		image="$O/guest.elf" parent=$$ -- "$tmp/fake" >"$tmp/out" 2>"$tmp/err" </dev/null
	judged $? 99 ERROR . "$2"
}
address() { nm "$O/$1.elf" | sed -n "s/^0*\\([0-9a-f]*\\) . $2\$/0x\\1/p"; }
vector='# vector 13 error 0 rip'
told "$vector $(address host vcpu_end) cr2 0 rflags 0x2\n" 'a trap of the host'
has "$tmp/out" "^# at $(address host vcpu_end): vcpu_end at src/host/exits\.c:[0-9]+\$" \
	'is looked up in the host'
told "$vector $(address guest main) cr2 0\n# stack $(address guest page_gpa)\n" \
	'a pointer to a function on the stack'
is "$(grep -c '^# at ' "$tmp/out")" 1 'is no return address'
for rip in 0 0x0 0x7 0x9999999 0xffffffffffffffff 0xfffffffffffffffff0 ''; do
	told "$vector $rip cr2 0\n# stack $rip\n# stack 0x100000\n# stack 0x100001\n" \
		"an address in no image: $rip"
	lacks "$tmp/out" '^# at ' 'is left alone'
	is "$(cat "$tmp/err")" '' 'without a word'
done

# Without addr2line the run is the same.
mkdir "$tmp/bin"
for name in perl sh cp tail grep sed; do ln -s "$(command -v $name)" "$tmp/bin/"; done
main=$(address guest main)
PATH=$tmp/bin told "$vector $main cr2 0\n" 'no addr2line'
lacks "$tmp/out" '^# at ' 'no addr2line: no names'
prove_reads_them
finish
