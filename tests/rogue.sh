# SPDX-License-Identifier: GPL-2.0-only
# Sourced behind tap.sh: a build directory whose guest is tests/guests/rogue.c.
# shellcheck shell=sh disable=SC2154 # tap.sh sets O and tmp

[ -s "$O/tests/rogue.elf" ] || make -s O="$O" images test-images >&2 || exit 1
mkdir "$tmp/rogue"
cp "$O/tests/rogue.elf" "$tmp/rogue/guest.elf"
cp "$O/host.elf" "$tmp/rogue/"
touch -t 203801010000 "$tmp/rogue/.run-qemu" # so that the runner builds nothing there

# rogue OPTION...: runs it; its output goes to $tmp/out, the runner's messages to $tmp/err.
rogue() {
	O=$tmp/rogue ./run-qemu.sh "$@" >"$tmp/out" 2>"$tmp/err"
}
