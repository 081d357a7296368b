#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The README's sample stream and its lists of options.  tests/commands.t runs its commands.
. tests/tap.sh
. tests/checks.sh

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
