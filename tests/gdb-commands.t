#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# gdb's commands for paraguest (src/gdb), each with a real gdb: the session of docs/debugging.md
# word for word, and what it does not show.
# shellcheck disable=SC2016 # $1 is gdb's
. tests/tap.sh

if ! command -v gdb >/dev/null || ! gdb -nx -batch -ex 'python print(1)' >/dev/null 2>&1; then
	skip 'gdb' 'no gdb with Python here'
	finish
	exit
fi
. tests/gdb.sh
make -s O="$O" images >&2

# debug OPTIONS COMMAND...: runs gdb's commands, each an argument, on the guest with these options.
# After one that fails it goes on.
debug() {
	options=$1
	shift
	{
		printf '%s\n' python 'def run(command):' '    try: gdb.execute(command)' \
			'    except gdb.error as error: print(error)' end
		for command in "add-symbol-file $O/host.elf" 'target remote 127.0.0.1:PORT' "$@"; do
			echo "python run(r\"\"\"$command\"\"\")"
		done
	} >"$tmp/commands"
	# shellcheck disable=SC2086 # a list of options without blanks
	session "$tmp/commands" "$O/guest.elf" ./run-qemu.sh --timeout=60 --accel=tcg $options
}
# shows PATTERN NAME
shows() { has "$tmp/gdb" "$1" "$2"; }

# ---- the document's session ---------------------------------------------------------------------

doc=docs/debugging.md
sed -n '/^(gdb) /,/^```/{/^```/d;p;}' "$doc" >"$tmp/wanted"
holds "$doc has a session" test "$(grep -c '^(gdb) pg ' "$tmp/wanted")" -ge 6
runner=$(sed -n 's/^\(\.\/run-qemu\.sh .*\) --gdb$/\1/p' "$doc")
# gdb says of no command that it is a script's what it says of a user's.
sed -n 's/^(gdb) //p' "$tmp/wanted" |
	sed 's/1234/PORT/; s/\(.*\)/echo (gdb) \1\\n\n\1/' >"$tmp/commands"
(printf '%s\n' "add-symbol-file $O/host.elf" && cat "$tmp/commands") >"$tmp/session"
# shellcheck disable=SC2086 # words of the document
session "$tmp/session" "$O/guest.elf" $runner --timeout=60
# same_words FILE: the session without what differs from one compiler, build or run to another:
# numbers, and places in the source; and without what gdb says only to people.
same_words() {
	sed "s|$O/|build/|g; s|\./src/|src/|g; s/:PORT/:N/" "$1" |
		sed -E '/^[0-9]+(\t| {6})/d; /^Continuing\.$/d; /^$/d; /^add symbol table/d
			/^Remote debugging using/d; /^Detaching from/d
			s/^0x[0-9a-f]+ in \?\? \(\)$/(stopped)/
			s/\b(file|at) src\/[a-z0-9_/]+\.[ch]/\1 FILE/; s/[a-z]+@entry=//g
			s/0x[0-9a-f]+/N/g; s/\b[0-9]+\b/N/g; s/\b[0-9a-f]{2}\b/N/g'
}
same_words "$tmp/wanted" | sed 's/target remote :N/target remote N.N.N.N:N/' >"$tmp/a"
same_words "$tmp/gdb" | sed 's/127\.0\.0\.1/N.N.N.N/; s/remote :N/remote N.N.N.N:N/' >"$tmp/b"
cmp -s "$tmp/a" "$tmp/b"
ok $? "$doc: the session is what gdb shows" || diff "$tmp/a" "$tmp/b" | sed 's/^/# /'
has "$tmp/out" '^not ok .* - hypercall64\.keeps-gprs$' 'and the guest runs to its end'
gdb -nx -batch -iex "add-auto-load-safe-path $O" -ex 'help pg' "$O/host.elf" >"$tmp/help" 2>&1
sed -n 's/^| `pg \([a-z-]*\).*/\1/p' "$doc" >"$tmp/names"
while read -r command; do
	has "$tmp/help" "^pg $command -- [A-Z]" "pg $command: gdb has it, also with the host's image"
done <"$tmp/names"
is "$(grep -c '^pg ' "$tmp/help")" "$(grep -c '^| `pg ' "$doc")" 'there are no other commands'

# ---- pg check -----------------------------------------------------------------------------------

debug '--append=only=vmcall*.*' 'pg check nonsense.x'
shows "^no check is named 'nonsense\.x'" 'pg check: a name that no check has'
# Several checks share a function: only the one that was named stops.
debug '--append=only=vmcall32.*' 'pg check vmcall32.pae' 'continue' 'print run->check->name' \
	'delete' 'continue'
shows '^\$1 = 0x[0-9a-f]+ "vmcall32\.pae"$' 'pg check: not at another check of the same function'
has "$tmp/out" '^# RESULT: PASS ' 'and the guest passes'
gdb -nx -batch -iex "add-auto-load-safe-path $O" -ex 'complete pg check kvmclock.mon' \
	"$O/guest.elf" >"$tmp/gdb" 2>&1
is "$(cat "$tmp/gdb")" 'pg check kvmclock.monotonic' 'pg check: names are completed'

# ---- pg next-call -------------------------------------------------------------------------------

debug '--append=only=vmcall*.*' 'pg check vmcall.cpl3' 'continue' 'pg next-call' \
	'pg check vmcall.other-read-only' 'continue' 'pg next-call' \
	'pg check vmcall32.unpaged' 'continue' 'pg next-call' 'delete' 'continue'
is "$(sed -n 's/^call //p' "$tmp/gdb" | tr '\n' ';')" "64 of kvm, in vmcall.cpl3;\
64 of kvm, in vmcall.other-read-only;32 of kvm, in vmcall32.unpaged;" \
	'pg next-call: from CPL 3, with the other instruction, from legacy mode'
shows '^  site    0x[0-9a-f]+: 0f 01 c1 c3  vmcall$' 'the bytes and the instruction'
shows '^  trap    vector 6, error 0x0, rip 0x[0-9a-f]+$' 'a trap'
shows '^  args    rbx 0x[0-9a-f]{1,8}  rcx 0x[0-9a-f]{1,8}  rdx ' 'of legacy mode the low halves'
shows '^  result  eax 0x[0-9a-f]{1,8}$' 'and the result'
has "$tmp/out" '^# RESULT: PASS ' 'and the guest passes'
debug '--append=only=hypercall32.* --host-append=fault=call32-edx' 'pg check hypercall32.args-1' \
	'continue' 'pg next-call' 'delete' 'continue'
shows '^call 32 of kvm2007, in hypercall32\.args-1$' 'pg next-call: a 32-bit call of 2007'
shows '^  changed rdx 0x[0-9a-f]+ -> 0x[0-9a-f]+$' 'and the register that the host changes'
debug '--append=only=probe.presence' 'pg next-call' 'pg next-call' 'pg next-call' 'pg next-call' \
	'pg next-call'
shows '^stopped before another call$' 'pg next-call: none comes any more'

# ---- pg state and pg memory ---------------------------------------------------------------------

debug '--append=only=steal.*' 'pg state' 'hbreak *steal_snapshot' 'continue' 'pg state' \
	'pg state 1' 'pg state 1000' 'hbreak *vcpu_handle_exit' 'continue' 'pg state' \
	'print/x vcpus[0]->kvm.msr[3]' 'pg memory 0x100000 20' 'pg memory 0x40000000' 'pg memory 1 2 3' \
	'delete' 'continue'
is "$(sed -n '/^vCPU 0 does not run$/=' "$tmp/gdb" | wc -l)" 1 'pg state: before there is a vCPU'
has "$tmp/gdb" '^vCPU 1 does not run$' 'pg state: a vCPU that is not there'
has "$tmp/gdb" '^vCPU 1000 does not run$' 'pg state: one that cannot be'
gpa=$(sed -n 's/^\$1 = \(0x[0-9a-f]*\)1$/\10/p' "$tmp/gdb")
is "$(grep -c "^kvm: steal time at gpa ${gpa:-none}$" "$tmp/gdb")" 2 \
	'pg state: a structure of todays ABI, by the address that the host has, also in the host'
shows '^          steal [0-9]+  version [0-9]+  flags 0  preempted 0$' 'and its fields'
shows '^kvm: clock: off$' 'and what is off'
is "$(sed -n 's/^0x1000[01]0: //p' "$tmp/gdb" | tr '\n' ' ' | wc -w)" 20 'pg memory: as many bytes'
od -An -tx1 -j "$((0x$(readelf -lW "$O/guest.elf" |
	awk '$1 == "LOAD" && $3 == "0x0000000000100000" { print substr($2, 3); exit }')))" -N 16 \
	"$O/guest.elf" | sed 's/^ //' >"$tmp/start"
is "$(sed -n 's/^0x100000: //p' "$tmp/gdb")" "$(cat "$tmp/start")" "pg memory: the guest's image"
shows '^the guest has no memory at gpa 0x40000000$' 'pg memory: none is there'
shows '^wanted: pg memory GPA \[BYTES\]$' 'pg memory: how it is meant'

# Elsewhere in the machine: the host says where.
append=--debug-log="$tmp/log"
debug "--append=only=probe.presence $append" 'pg check probe.presence' 'continue' \
	'pg memory 0x1000 16' 'delete' 'continue'
at=$(sed -n 's/^elsewhere 0 0xa0000 0x\(.*\)$/\1/p' "$tmp/log")
shows "^gpa 0x1000 \(machine 0x$(printf '%x' $((0x$at + 0x1000)))\)\$" \
	"pg memory: where the host's log has it"

# Another vCPU; and a guest without the host.
debug '--append=only=vcpu.* --smp=2' 'hbreak *expect_vcpu_pages_untouched' 'continue' \
	'pg state 0' 'pg state 1' 'delete' 'continue'
is "$(grep -c '^kvm2007: state page at gpa ' "$tmp/gdb") $(grep '^kvm2007: state page' "$tmp/gdb" |
	sort -u | wc -l)" '2 2' 'pg state: each vCPU has its own page'
fields='  fields  guest_version 1  host_version 1  size 4096  ret 0 (success)'
is "$(grep -cxF "$fields" "$tmp/gdb")" 2 'and both are registered'
printf '%s\n' 'target remote 127.0.0.1:PORT' 'pg check probe.presence' 'pg exits' \
	'continue' 'pg state' 'delete' 'continue' >"$tmp/commands"
session "$tmp/commands" "$O/guest.elf" ./run-qemu.sh --timeout=60 --host=none --accel=tcg
shows '^no symbols of the host: add-symbol-file build/host\.elf$' 'pg exits: without the host'

# ---- pg exits and the printers ------------------------------------------------------------------

debug "--append=only=register.same-page $append" 'pg check register.same-page' 'continue' \
	'pg exits' 'hbreak end_run' 'continue' 'pg exits off' 'delete' 'continue'
is "$(grep -c '^exit 0 0x[0-9a-f]* WRMSR 0x87655678 = 0x[0-9a-f]*$' "$tmp/gdb")" \
	"$(sed -n '/^run/d; /^register 0 /p' "$tmp/log" | tail -n 3 | wc -l)" \
	'pg exits: the registrations'
lacks "$tmp/gdb" ' IO out 0xf4 1' 'pg exits off: no more of them'
debug --append=only=register.success 'hbreak *expect_success' 'continue' \
	'print *(struct site *)$rdx' 'print ((struct answer *)$rsi)->wrmsr' \
	'print first_contact.rdmsr' 'hbreak *vcpu_handle_exit' 'continue' \
	'print vcpu->exit' 'print *(struct vmcb *)vcpu->pages' 'print (enum vmcs_field)0x681e' \
	'print (enum vmcs_field)0x2400' 'delete' 'continue'
shows '^\$1 = gpa 0x[0-9a-f]+, entry 0x[0-9a-f]+: 0f 01 d9 c3  vmmcall$' 'print: a site'
shows '^\$2 = returned, rax 0x[0-9a-f]+$' 'print: an outcome'
shows '= [A-Z_]+( [a-z0-9 ]+)?( \([A-Z_]+\))?$' 'print: an exit'
shows '= VMEXIT_[A-Z]+ = \{\+0x000 intercept_cr = 0x0, .*, \+0x070 exit_code = 0x[0-9a-f]+, ' \
	'print: a VMCB'
shows '\+0x410 cs = 0x8, attributes 0x[0-9a-f]+, limit 0xffffffff, base 0x0, ' 'and its segments'
shows '= VMCS_GUEST_RIP \(0x681e: guest, natural width\)$' 'print: a field of the VMCS'
shows '= VMCS_GUEST_PHYSICAL_ADDRESS \(0x2400: exit information, 64 bits\)$' \
	'and one of another type'
lacks "$tmp/gdb" 'Traceback|Python Exception' 'and Python has no complaint'
finish
