#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The session of lldb in docs/debugging.md, word for word, where there is lldb: no test needs it.
# shellcheck disable=SC2016 # Markdown
. tests/tap.sh

doc=docs/debugging.md
sed -n '/^```lldb$/,/^```$/s/^(lldb) //p' "$doc" >"$tmp/session"
holds "$doc has a session" test "$(wc -l <"$tmp/session")" -ge 10
if ! lldb --version >/dev/null 2>&1; then
	skip 'the session' 'no lldb here'
	finish
	exit
fi
make -s O="$O" images >&2

port=$((20000 + $$ % 20000))
sed "s|build/|$O/|; s/1234/$port/" "$tmp/session" >"$tmp/commands"
./run-qemu.sh --timeout=60 --accel=tcg --gdb=$port >"$tmp/out" 2>"$tmp/err" &
for _ in 1 2 3 4 5 6 7 8 9 10; do # QEMU listens a moment after it starts
	timeout 60 lldb --no-lldbinit --batch --source "$tmp/commands" "$O/guest.elf" \
		>"$tmp/lldb" 2>&1 </dev/null
	grep -Eq 'error: Failed to connect|onnection refused' "$tmp/lldb" || break
	sleep 0.5
done
wait
shows() { has "$tmp/lldb" "$1" "$2"; }
is "$(grep '^(lldb) ' "$tmp/lldb" | tail -n 1)" '(lldb) detach' 'all commands are done'
lacks "$tmp/lldb" '^error:' 'without an error'
shows "stop reason = breakpoint 1\.1" 'it stops in a check of the guest'
shows '#0: .* guest\.elf`preserves_gprs\(run=0x' 'bt: symbols and arguments'
shows '#[0-9]+: .* guest\.elf`main ' 'and through assembly, to main()'
shows '"hypercall64\.keeps-gprs"$' "p: the guest's memory"
shows ' cr3 = 0x0000000000' 'register read: CR3'
shows '^0x00100000: 7f 45 4c 46 ' 'memory read: the image'
shows 'stop reason = breakpoint 2\.1' 'then it stops in the host'
shows '^\(.*\) .*EXIT_[A-Z_]+$' "p: the host's memory"
has "$tmp/out" '^# RESULT: PASS ' 'and the guest runs to its end'
finish
