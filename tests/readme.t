#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs every command of the README, but for the gdb sessions, which gdb.t has.
. tests/tap.sh
. tests/checks.sh

# shellcheck disable=SC2016 # Markdown
sed -n '/^```sh$/,/^```$/p' README.md | grep -v '^```' >"$tmp/commands"

# run STATUS COMMAND: runs it, with the images in $O and files in $tmp.
run() {
	(eval "$(printf '%s\n' "$2" | sed "s|build/|$O/|g; s|host\.log|$tmp/host.log|")") \
		>"$tmp/out" 2>"$tmp/err" </dev/null
	is $? "$1" "$2"
}

while read -r command; do
	case $command in
	'make check' | *' --gdb') ok 0 "$command: another test runs it" ;;
	qemu-system-x86_64*)
		if kvm_is_here; then
			run 0 "timeout 60 $command"
			has "$tmp/out" '^# RESULT: [A-Z]+ pass=' 'it prints the verdict'
		else
			skip "$command" 'no /dev/kvm that works'
		fi
		;;
	tests/run-bochs.sh*)
		if command -v bochs >/dev/null; then
			run 0 "$command"
			has "$tmp/out" '^# RESULT: PASS ' 'it passes'
		else
			skip "$command" 'no bochs'
		fi
		;;
	tests/run-stock-kvm.sh*)
		if [ -s "$O/linux-release/vmlinuz" ]; then
			run 0 "$command"
			has "$tmp/out" '^# qemu: Linux ' 'Linux runs it'
		else
			skip "$command" "no $O/linux-release"
		fi
		;;
	'make iso')
		if command -v grub-mkrescue >/dev/null; then
			run 0 "$command"
			holds 'there is an ISO' test -s "$O/paraguest.iso"
		else
			skip "$command" 'no grub-mkrescue'
		fi
		;;
	*require*) run 1 "$command" ;;
	*fault=*)
		run 1 "$command"
		has "$tmp/out" \
			'^# rbx: wanted 0x[0-9a-f]+, got 0x[0-9a-f]+ \(rule C2 of kvm2007\)$' \
			'it names RBX'
		has "$tmp/host.log" '^call 0 64 ' 'the log has the calls'
		;;
	*)
		run 0 "$command"
		has "$tmp/out" '^# RESULT: PASS ' 'it passes'
		;;
	esac
done <"$tmp/commands"
holds 'the README has its commands' test "$(wc -l <"$tmp/commands")" -ge 7
./run-qemu.sh --log="$tmp/serial.log" >&2
holds "the README's grep finds a pass in the log" \
	sh -c "$(sed -n "s|^\(grep .*\) serial\.log$|\1 $tmp/serial.log|p" README.md)"
has .ci/run '^\./run-qemu\.sh --deps$' 'CI runs the first command'
has .ci/run '^make check$' 'CI runs the second command'

# The stream that the README shows: its plan, its counts, and the number of its failure.
is "$(sed -n 's/^1\.\.//p' README.md)" "$total" "the README's plan has all checks"
is "$(($(sed -n 's/^# RESULT: FAIL //p' README.md | tr -dc '0-9 ' | tr ' ' +)))" "$total" \
	"the README's counts add up to it"
failure=$(sed -n 's/^not ok \([0-9]* - .*\)/\1/p' README.md)
is "$(grep -nxF "${failure#* - }" "$tmp/checks" | sed 's/:/ - /')" "$failure" \
	"the README's failure has its number"

# The options that the README lists.
for option in list abi only skip require strict trace seed echo echo-calls cpus serial vga reset \
	fresh waits kvm-echo pageout; do
	grep -q "{\"$option\"," src/guest/options.c && grep -q "\`${option}[\`=]" README.md
	ok $? "the guest's option '$option' is in the README"
done
for option in abi mem cpus personality echo fault faults vga serial log checksum api-version \
	features enforce base quirk kvm-echo pageout; do
	grep -q "name = \"$option\"" src/host/config.c && grep -q "\`${option}[\`=]" README.md
	ok $? "the host's option '$option' is in the README"
done
is "$(grep -c 'OPTION_[A-Z_]*,' src/guest/options.c)" 18 'the guest has no other option'
is "$(grep -c '\.name = ' src/host/config.c)" 18 'the host has no other option'
finish
