#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Hosts that hang, reset or lose the guest's place: each run ends in time, the check that was
# running fails, and a diagnostic says what happened.
. tests/tap.sh

# run STATUS FAULT OPTION...: a run on a host with this fault ends with this status.
run() {
	wanted=$1
	fault=$2
	shift 2
	./run-qemu.sh --host-append="fault=$fault" "$@" >"$tmp/out" 2>"$tmp/err"
	is $? "$wanted" "$fault: exit status"
}

# The first check that makes a call.
first='hypercall64\.continues'

run 124 hang --timeout=3
has "$tmp/out" "^not ok [0-9]+ - $first\$" 'hang: the check that was running failed'
has "$tmp/out" "^# runner: .*3 s.*$first" 'hang: the diagnostic says so'
is "$(grep '^# run ' "$tmp/out" | tail -n 1)" '# run hypercall64' \
	'hang: the last "# run" has its area'
is "$(sed -n 's/^ok \([0-9]*\) .*/\1/p' "$tmp/out" | tail -n 1)" \
	"$(($(sed -n "s/^not ok \([0-9]*\) - $first\$/\1/p" "$tmp/out") - 1))" \
	'hang: the result before it is the last'
run 99 reset --append='only=state.ret,hypercall32.* skip=*32.args-0'
has "$tmp/out" "^# runner: .*triple fault.* \\(running: hypercall32\\.args-1\\)\$" \
	'reset: in the last round'
is "$(tail -n 1 "$tmp/out" | cut -d' ' -f1-3)" '# RESULT: ERROR' 'hang: ERROR, last'

run 99 reset
has "$tmp/out" "^not ok [0-9]+ - $first\$" 'reset: the check that was running failed'
has "$tmp/out" "^# runner: .*triple fault.*$first" 'reset: the diagnostic says so'
is "$(tail -n 1 "$tmp/out" | cut -d' ' -f1-3)" '# RESULT: ERROR' 'reset: ERROR, last'

# As with Linux 2.6.21, the guest goes on after its last I/O, with stale RIP, RSP and RAX.  It
# notices.
run 1 stale-rip
is "$(grep -m 1 '^not ok' "$tmp/out" | cut -d' ' -f5)" hypercall64.continues \
	'stale-rip: the first check that calls fails'
is "$(grep -m 1 '^  rule:' "$tmp/out")" '  rule: "C5"' 'stale-rip: by the rule that is broken'
has "$tmp/out" '^# the host went on elsewhere than after the interaction' \
	'stale-rip: the guest says what happened'
is "$(tail -n 1 "$tmp/out" | cut -d' ' -f1-3)" '# RESULT: FAIL' \
	'stale-rip: the guest goes on to its end'
run 1 stale-rip --append='only=hypercall32.*'
is "$(grep -m 1 '^  rule:' "$tmp/out")" '  rule: "C5"' \
	'stale-rip: before calls from legacy mode one from 64-bit mode is tried'
has "$tmp/out" '^# RESULT: FAIL pass=0 ' 'stale-rip: no call from legacy mode is tried'
run 1 stale-rip --smp=2 --append=only=vcpu.own-sites
has "$tmp/out" '^# the host went on elsewhere than after the interaction' \
	'stale-rip: so it does while several vCPUs call'

# The guest is in an endless loop, which only a timer can end.
run 124 lost-rip --timeout=3
has "$tmp/out" "^not ok [0-9]+ - $first\$" \
	'lost-rip: without a timer, the check that was running failed'
run 1 lost-rip --append='only=hypercall64.timer,hypercall32.args-0'
has "$tmp/out" '^not ok 1 - hypercall64\.timer$' 'lost-rip: with a timer, the guest notices'
has "$tmp/out" '^# the host went on elsewhere than after the interaction' \
	'lost-rip: and says what happened'
has "$tmp/out" '^not ok 2 - hypercall32\.args-0$' \
	'lost-rip: no call from legacy mode is tried after that'
has "$tmp/out" '^# not tried: ' 'lost-rip: and says why'

# A reference host that answers nothing is no success: the runners add "require".
run 1 mute
is "$(tail -n 1 "$tmp/out" | cut -d' ' -f1-3)" '# RESULT: FAIL' 'mute: FAIL'
is "$(grep '^not ok' "$tmp/out")" 'not ok 1 - kvm2007' 'mute: whatever the other ABI does'
has "$tmp/out" "^# option 'require': wanted a host, got none" 'mute: and says why'
./run-qemu.sh --host-append=fault=mute --append=list >"$tmp/out"
is $? 0 'mute: list lists'

run 1 first-only
is "$(grep -m 1 '^not ok' "$tmp/out" | cut -d' ' -f5)" state.host-version \
	'first-only: the second registration fails'
has "$tmp/out" '^# host_version: wanted it written' 'first-only: and says why'
is "$(tail -n 1 "$tmp/out" | cut -d' ' -f1-3)" '# RESULT: FAIL' \
	'first-only: the guest goes on to its end'
finish
