# SPDX-License-Identifier: GPL-2.0-only
# Sourced after tap.sh: a run with gdb.
# shellcheck shell=sh disable=SC2154 # tap.sh sets tmp

port=$((20000 + $$ % 20000))

# session SCRIPT SYMBOLS RUNNER...: runs the runner, and gdb with the script, in which PORT is the
# port, and with the symbols of that image and the commands that are beside it.  Their output goes
# to $tmp/out, $tmp/err and $tmp/gdb.
session() {
	script=$1 symbols=$2
	shift 2
	"$@" --gdb=$port >"$tmp/out" 2>"$tmp/err" &
	sed "s/PORT/$port/" "$script" >"$tmp/script"
	# QEMU listens a moment after it starts.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		timeout 60 gdb -nx -batch -iex "add-auto-load-safe-path $O" \
			-ex 'set tcp connect-timeout 2' -x "$tmp/script" \
			"$symbols" >"$tmp/gdb" 2>&1 </dev/null
		grep -Eq 'could not connect|Connection (refused|timed out)' "$tmp/gdb" || break
		sleep 0.2
	done
	wait $!
	port=$((port + 1))
}
