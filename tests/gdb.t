#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The README's gdb session, and with gdb what no boot loader can be made to do: a wrong EAX.
. tests/tap.sh

if ! command -v gdb >/dev/null; then
	skip 'gdb' 'no gdb here'
	finish
	exit
fi

port=$((20000 + $$ % 20000))

# debug none|ref COMMAND...: runs the guest, alone or on its host, under gdb, which gets one command an
# argument behind "target remote".
debug() {
	case $1 in none) symbols=$O/guest.elf ;; ref) symbols=$O/host.elf ;; esac
	./run-qemu.sh --host="$1" --accel=tcg --gdb=$port --timeout=20 >"$tmp/out" 2>"$tmp/err" &
	shift
	for command; do
		set -- "$@" -ex "$command"
		shift
	done
	# QEMU listens a moment after it starts.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		timeout 20 gdb -nx -batch -ex 'set tcp connect-timeout 2' -ex "target remote 127.0.0.1:$port" "$@" \
			"$symbols" >"$tmp/gdb" 2>&1 </dev/null
		grep -q 'could not connect\|Connection refused\|Connection timed out' "$tmp/gdb" || break
		sleep 0.2
	done
	wait $!
	port=$((port + 1))
}

sed -n 's/^(gdb) //p' README.md | grep -v '^target remote' >"$tmp/session"
is "$(wc -l <"$tmp/session")" 3 'the README has a session'
debug none "$(sed -n 1p "$tmp/session")" "$(sed -n 2p "$tmp/session")" "$(sed -n 3p "$tmp/session")" 'continue'
has "$tmp/gdb" 'Breakpoint 1, .*main' 'it stops in main(), with symbols'
has "$tmp/gdb" '^rip .*<main' 'and shows the registers'
has "$tmp/out" '^# RESULT: SKIP ' 'then the guest runs to its end'

# shellcheck disable=SC2016 # gdb's own $eax
debug none 'hbreak *_start' 'continue' 'set $eax = 0x1234' 'delete' 'continue'
has "$tmp/out" 'Bail out! not loaded by multiboot 1|not loaded by multiboot 1: wanted 0x2badb002 in EAX' \
	'a loader that is not multiboot 1 is refused'
has "$tmp/out" '^# RESULT: ERROR ' 'as an ERROR'

# The information may lie anywhere below 4 GiB, and need not be there.
# shellcheck disable=SC2016 # gdb's own $ebx
debug none 'hbreak *_start' 'continue' 'set *(int*)$ebx = 0' 'delete' 'continue'
has "$tmp/out" 'no memory: wanted [0-9]+ free pages' 'a loader without a memory map is refused by name'

# The host's stacks have their guard pages when the guest starts.
guard='*((unsigned long *)&boot_pt + (((unsigned long)&boot_stacks + %d * 0x4000) >> 12))'
# shellcheck disable=SC2059 # it is a format
debug ref 'hbreak svm_run' 'continue' "print $(printf "$guard" 0)" "print $(printf "$guard" 1)" \
	"print $(printf "$guard" 2)" 'delete' 'continue'
is "$(sed -n 's/^\$[123] = //p' "$tmp/gdb" | tr '\n' ' ')" '0 0 0 ' "the host's stacks have guard pages"
has "$tmp/out" '^# RESULT: PASS ' 'and the guest on it passes'
finish
