#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The calls that the guest traces (trace) are those that the host logs (log=calls): as many, in the
# same order, with the same index, arguments and result.
. tests/tap.sh

for personality in header linux2007; do
	./run-qemu.sh --abi=kvm2007 --append='strict trace' \
		--host-append="log=calls personality=$personality" \
		--debug-log="$tmp/host" >"$tmp/out" 2>"$tmp/err"
	has "$tmp/out" '^# RESULT: ' "$personality: a whole run"

	# Calls through sites that are not patched fault in the guest, and never reach the host.
	sed -n '/ = exception /d; s/^# call \([0-9]\)/\1/p' "$tmp/out" >"$tmp/sent"
	sed -n 's/^call 0 //p' "$tmp/host" >"$tmp/got"
	[ "$(grep -c '^64 ' "$tmp/sent")" -ge 200 ] && [ "$(grep -c '^32 ' "$tmp/sent")" -ge 30 ]
	ok $? "$personality: the guest traces its calls of both conventions"
	cmp -s "$tmp/sent" "$tmp/got"
	ok $? "$personality: sent and received are the same" ||
		diff "$tmp/sent" "$tmp/got" | head | sed 's/^/# /'

	has "$tmp/host" "^start mem=16 personality=$personality fault=none vendor=svm\$" \
		"$personality: start"
	has "$tmp/host" '^probe 0 0x87655678 = ' "$personality: probes"
	has "$tmp/host" '^register 0 0x[0-9a-f]+ 0x1 0x1000 0x[0-9a-f]+ = 0$' \
		"$personality: successes"
	has "$tmp/host" '^register 0 0x[0-9a-f]+ 0xffffffff 0x1000 0x[0-9a-f]+ = -1$' \
		"$personality: refusals"
	has "$tmp/host" '^register 0 0x8[0-9a-f]{15} = #GP$' "$personality: faults"
done

./run-qemu.sh --host-append=log=none --debug-log="$tmp/none" >"$tmp/out" 2>"$tmp/err"
[ -e "$tmp/none" ] && [ ! -s "$tmp/none" ]
ok $? 'log=none is silent'
./run-qemu.sh --debug-log="$tmp/events" >"$tmp/out" 2>"$tmp/err"
has "$tmp/events" '^register 0 ' 'log=events is the default'
lacks "$tmp/events" '^call ' 'log=events has no calls'
finish
