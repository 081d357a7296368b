# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Runs Bochs as if it were QEMU, for tests/run-bochs.sh: prints what the serial port says, live, and on stderr what Bochs
# has to complain about, and ends with the status that QEMU would have ended with.
#
#   sh src/runner/bochs.sh BOCHS DIR CPU DEBUG-LOG BOCHS-OPTION...
#
# DIR has room for files; DEBUG-LOG is a file for what the debug port says, or nothing.
#
# Bochs exits with 1 whatever happened.  But its log has what the guest wrote to the port that makes
# QEMU's exit status.

set -uf
export LC_ALL=C
bochs=$1 dir=$2 cpu=$3 debug_log=$4
shift 4

# Sets $status to what QEMU would have ended with.  The log has each write to a port without a device:
# "unmapped: 8-bit write to 00f4 = 10" for PASS; Bochs 3.0 leaves out the first word.
translate_status() { # STATUS-OF-BOCHS
	status=$1
	case $status in 126 | 127) return ;; esac
	if grep -q '>>PANIC<< Shutdown port' "$dir/log"; then
		code=$(sed -n 's/.* 8-bit write to 00f4 = \([0-9a-f]*\)$/\1/p' "$dir/log" | tail -n 1)
		status=$((0x${code:-0} << 1 | 1))
	elif grep -q '>>PANIC<< exception(): 3rd' "$dir/log"; then
		status=0
	fi
}

# What Bochs has to complain about, but not of what the guest tries while it runs.
messages() {
	sed '/^[0-9]*[id]\[/d; /^[0-9]*[1-9][0-9]*e\[/d; /notify called/d; /Shutdown port/d
		/^=*$/d; /^Bochs is exiting/d; /^\[/d; s/^[0-9]*[ep]//' "$dir/log" "$dir/err"
	! grep -q "wrong value for parameter 'model'" "$dir/err" ||
		echo "no CPU model has the name '$cpu': 'bochs --help cpu' lists them"
}

# On a full disk all of Bochs's files may be short, and Bochs does not tell.
has_room() {
	echo >"$dir/room" && return
	echo "cannot write to $dir: what Bochs said is lost" >&2
	return 1
}

# What came out of port 0xe9, which Bochs mixes with words of its own.
debug_output() {
	sed '/^=*$/d; /^  *Bochs x86 Emulator/d; /^  *Built from/d; /^  *Timestamp/d
		/^Next at t=/d; /^(0)[ .]/d; /^<bochs:1>/d' "$dir/out"
}

# The debugger that Debian's Bochs has in it wants a command before it starts the machine.
run_bochs() { # BOCHS-OPTION...
	for _ in 1 2 3 4 5; do
		touch "$dir/log" # Bochs may not come that far
		echo c | "$bochs" -q -f /dev/null "$@" 3>&1 >"$dir/out" 2>"$dir/err"
		status=$?
		# Of several that start at once, one may find no port for its display, in none of fifty: once more.
		grep -q 'RFB could not bind any port' "$dir/log" "$dir/err" || break
	done
}

# The timeout ends Bochs, not this: what the serial port said and the log have to be told all the same.
trap : TERM
run_bochs "com1: enabled=1, mode=file, dev=/dev/fd/3" "$@" 2>/dev/null # no words of the shell's
translate_status "$status"
[ -z "$debug_log" ] || debug_output >"$debug_log"
messages >&2
has_room || status=1
exit "$status"
