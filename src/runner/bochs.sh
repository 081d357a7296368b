# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Makes Bochs look like QEMU, for run-bochs.sh: prints the serial output, live, and Bochs's errors
# on stderr, and ends with the exit status that QEMU would have.
#
#   sh src/runner/bochs.sh BOCHS DIR CPU DEBUG-LOG BOCHS-OPTION...
#
# DIR is a directory for Bochs's files; DEBUG-LOG is a file for the debug port's output, or ''.
#
# Bochs always exits with 1.  But its log has what the guest wrote to port 0xf4, from which QEMU
# makes its exit status.

set -uf
export LC_ALL=C
bochs=$1 dir=$2 cpu=$3 debug_log=$4
shift 4

# Sets $status to QEMU's exit status.  The log has each write to a port without a device: for PASS
# "unmapped: 8-bit write to 00f4 = 10", in Bochs 3.0 without the first word.
translate_status() { # STATUS-OF-BOCHS
	status=$1
	case $status in 126 | 127) return ;; esac
	if grep -q '>>PANIC<< Shutdown port' "$dir/log"; then
		code=$(sed -n 's/.* 8-bit write to 00f4 = \([0-9a-f]*\)$/\1/p' "$dir/log" |
			tail -n 1)
		status=$((0x${code:-0} << 1 | 1))
	elif grep -q '>>PANIC<< exception(): 3rd' "$dir/log"; then
		status=0
	fi
}

# Prints Bochs's errors, but not its complaints about what the guest does while it runs.
messages() {
	sed '/^[0-9]*[id]\[/d; /^[0-9]*[1-9][0-9]*e\[/d; /notify called/d; /Shutdown port/d
		/^=*$/d; /^Bochs is exiting/d; /^\[/d; s/^[0-9]*[ep]//' "$dir/log" "$dir/err"
	! grep -q "wrong value for parameter 'model'" "$dir/err" ||
		echo "no CPU model has the name '$cpu': 'bochs --help cpu' lists them"
}

# On a full disk each of Bochs's files may be cut short, and Bochs says nothing.
has_room() {
	echo >"$dir/room" && return
	echo "cannot write to $dir: what Bochs said is lost" >&2
	return 1
}

# Prints what came out of port 0xe9, without what Bochs itself prints.
debug_output() {
	sed '/^=*$/d; /^  *Bochs x86 Emulator/d; /^  *Built from/d; /^  *Timestamp/d
		/^Next at t=/d; /^([0-9]*)[ .]/d; /^<bochs:1>/d' "$dir/out"
}

# Debian's Bochs has a debugger inside, which wants a command before it starts the machine.
run_bochs() { # BOCHS-OPTION...
	for _ in 1 2 3 4 5; do
		touch "$dir/log" # in case Bochs ends before it makes one
		echo c | "$bochs" -q -f /dev/null "$@" 3>&1 >"$dir/out" 2>"$dir/err"
		status=$?
		# If several start at once, one may find all fifty ports for its display taken.
		grep -q 'RFB could not bind any port' "$dir/log" "$dir/err" || break
	done
}

# The time limit ends Bochs, not this script, which still has to print what Bochs wrote.
trap : TERM
# The shell's own messages go to /dev/null.
run_bochs "com1: enabled=1, mode=file, dev=/dev/fd/3" "$@" 2>/dev/null
translate_status "$status"
[ -z "$debug_log" ] || debug_output >"$debug_log"
messages >&2
has_room || status=1
exit "$status"
