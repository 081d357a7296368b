#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The README's gdb sessions, word by word; gdb reads the memory of a guest on the reference host;
# and wrong values from a boot loader, which gdb writes.
# shellcheck disable=SC2016 # $1 and $eax are gdb's
. tests/tap.sh

if ! command -v gdb >/dev/null; then
	skip 'gdb' 'no gdb here'
	finish
	exit
fi

. tests/gdb.sh

# debug none|ref COMMAND...: runs gdb's commands, each an argument, after "target remote".
debug() {
	where=$1
	shift
	printf '%s\n' "add-symbol-file $O/host.elf" 'target remote 127.0.0.1:PORT' "$@" \
		>"$tmp/commands"
	session "$tmp/commands" "$O/guest.elf" ./run-qemu.sh --timeout=60 --host="$where" \
		--accel=tcg --debug-log="$tmp/log" ${append:+"$append"}
}

# readme N: the README's session N, and then lets the guest run to its end.
readme() {
	runner=$(sed -n 's/^\(\.\/run-qemu\.sh .*\) --gdb$/\1/p' README.md | sed -n "$1p")
	awk -v n="$1" '/^\.\/run-qemu\.sh .* --gdb$/ { at++ } at == n && sub(/^\(gdb\) /, "")' \
		README.md |
		sed "s|build/|$O/|; s/1234/PORT/" >"$tmp/readme"
	printf 'delete\ncontinue\n' >>"$tmp/readme"
	# shellcheck disable=SC2086 # words of the README
	session "$tmp/readme" "$O/guest.elf" $runner --timeout=60
	lacks "$tmp/gdb" '[Ww]arning|Internal error|Cannot|No symbol|[Uu]ndefined' \
		"the README's session $1: gdb has no complaint"
}

ours="-iex 'add-auto-load-safe-path build'"
is "$(grep -c "^gdb $ours build/guest\.elf\$" README.md)" 2 'the README has two sessions'
readme 1
is "$(wc -l <"$tmp/readme")" 6 'the first one has its commands'
has "$tmp/gdb" 'Breakpoint 1, .*main' 'it stops in main(), with symbols'
has "$tmp/gdb" '^rip .*<main' 'and shows the registers'
has "$tmp/out" '^# RESULT: SKIP ' 'then the guest runs to its end'
ours="-iex 'add-auto-load-safe-path $O'"
is "$(cat "$tmp/err")" \
	"In another terminal: gdb $ours $O/guest.elf -ex 'target remote :$((port - 1))'" \
	'the runner says how to connect'

readme 2
is "$(wc -l <"$tmp/readme")" 10 'the second one has its commands'
has "$tmp/gdb" \
	'^Breakpoint 1, preserves_gprs \(run=0x1[0-9a-f]{5} <run>\) at (\./)?src/guest/.*/preserves\.c:' \
	"on the host it stops in a guest's check"
has "$tmp/gdb" '^#0 +preserves_gprs \(' 'the backtrace begins there'
has "$tmp/gdb" '^#[12] .* guard_run \(\) at boot/traps\.asm:' 'goes on through assembly'
has "$tmp/gdb" '^#[0-9]+ +(0x[0-9a-f]+ in )?main \(\) at (\./)?src/guest/main\.c:' \
	"and ends in the guest's main()"
has "$tmp/gdb" '^\$1 = 0x1[0-9a-f]{5} "hypercall64\.keeps-gprs"$' "memory is the guest's"
has "$tmp/gdb" \
	'^Breakpoint 2, vcpu_handle_exit \(vcpu=(vcpu@entry=)?0x1[0-9a-f]{6}\) at (\./)?src/host/' \
	'then in the host'
has "$tmp/out" '^# RESULT: PASS ' 'and the guest runs to its end'
command="gdb $ours $O/guest.elf -ex 'add-symbol-file $O/host.elf'"
command="$command -ex 'target remote :$((port - 1))'"
has "$tmp/err" "^In another terminal: $command\$" 'the runner says how to connect'
has "$tmp/err" "^gdb reads the guest's memory from 1 MiB on, .* --debug-log=FILE .*'elsewhere'" \
	'and what gdb reads'

# No address is in both images.
range() { nm "$O/$1.elf" | awk '/ image_(start|end)$/ { print $1 }' | sort; }
last=$(range guest | tail -n 1) first=$(range host | head -n 1)
holds "guest and host are apart: the guest's end 0x$last, the host's start 0x$first" \
	test $((0x$last)) -le $((0x$first))

# A patched site, through the guest's own page tables; registers; a variable that the guest changes.
append='--append=only=hypercall64.keeps-gprs'
debug ref 'hbreak hypercall64_gprs' 'continue' 'info registers rdi cr3' 'x/4xb site->bytes' \
	'print *(int *)&boot_info' \
	'info frame' 'delete' 'continue'
append=
has "$tmp/gdb" '^0x2[0-9a-f]{5}:.0x0f.0x01.0xd9.0xc3$' 'a site is patched'
has "$tmp/gdb" '^cr3 +0x1[0-9a-f]{5} ' "CR3 is the guest's"
has "$tmp/gdb" '^\$1 = 732803074$' "the loader's magic is where the guest has put it"
has "$tmp/gdb" ' called by frame at 0x1[0-9a-f]{5}$' "the stack is the guest's"
has "$tmp/out" '^# RESULT: PASS ' 'the guest is none the worse'
is "$(grep '^elsewhere' "$tmp/log" | cut -d' ' -f1-3)" 'elsewhere 0 0xa0000' \
	'all but the first 640 KiB is at its own address'

# Memory where the host is.
append='--mem=64'
debug ref 'hbreak preserves.c:preserves_gprs' 'continue' 'print checks[0].name' \
	'hbreak vcpu_handle_exit' 'continue' \
	'print config.memory' 'delete' 'continue'
append=
has "$tmp/gdb" '^\$1 = 0x1[0-9a-f]{5} "hypercall64\.keeps-gprs"$' \
	"a guest of 64 MiB: memory is the guest's"
has "$tmp/gdb" '^\$2 = 64$' "and the host's is the host's"
is "$(grep '^elsewhere' "$tmp/log" | cut -d' ' -f1-3 | tr '\n' ' ')" \
	'elsewhere 0 0xa0000 elsewhere 0x1000000 0x1200000 ' 'the host says what is not'
has "$tmp/out" '^# RESULT: PASS ' 'the guest passes'

# Another vCPU, whose stack is in memory that the guest found.
append='--smp=2'
debug ref 'hbreak *expect_own_pages if $rsi >= 0x400000' 'continue' 'backtrace' \
	'delete' 'continue'
append=
has "$tmp/gdb" '^#[01] +expect_own_pages \(' 'it stops on the second vCPU'
has "$tmp/gdb" '^#[12] +(0x[0-9a-f]+ in )?run_job \(' 'and reads its stack'

debug none 'hbreak *_start' 'continue' 'set $eax = 0x1234' 'delete' 'continue'
has "$tmp/out" \
	'Bail out! no 0x2badb002 or 0x36d76289 \(multiboot\) in EAX$' \
	'a loader that is not multiboot is refused'
has "$tmp/out" '^# RESULT: ERROR ' 'as an ERROR'

# The loader's information, without a memory map.
debug none 'hbreak *_start' 'continue' 'set *(int*)$ebx = 0' 'delete' 'continue'
has "$tmp/out" 'no memory: wanted [0-9]+ free pages' \
	'a loader without a memory map is refused by name'

# The host's stacks have their guard pages when the guest starts.  gdb gets the host's symbols only:
# the guest has the same names.
{
	printf '%s\n' "file $O/host.elf" 'target remote 127.0.0.1:PORT' 'hbreak svm_run' 'continue'
	for page in 0 4 8 1; do
		echo "print ((long *)&second_pt)[((long)&boot_stacks >> 12) + $page] != 0"
	done
	printf 'delete\ncontinue\n'
} >"$tmp/commands"
session "$tmp/commands" "$O/guest.elf" ./run-qemu.sh --timeout=60 --accel=tcg
is "$(sed -n 's/^\$[1234] = //p' "$tmp/gdb" | tr '\n' ' ')" '0 0 0 1 ' \
	"the host's stacks have guard pages"
has "$tmp/out" '^# RESULT: PASS ' 'and the guest on it passes'
finish
