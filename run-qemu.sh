#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boots the guest under QEMU, on the reference host or without a host, and makes a TAP stream of its
# serial output, with a verdict that can be trusted.  ./run-qemu.sh --help says more.
#
# A run costs few forks and leaves no files; src/runner/engine.pl starts QEMU.

set -uf

self=$0
[ ! -L "$self" ] || self=$(readlink -f -- "$self") # called by a link
case $self in */*) here=${self%/*} ;; *) here=. ;; esac
engine=QEMU engine_valued=' --accel '
# shellcheck source=src/runner/run.sh
. "$here/src/runner/run.sh"

usage() {
	cat <<END
Usage: $self [options] [-- QEMU ARGS]

$runs the guest, and prints its TAP stream.

  --host=ref|none      on the reference host (default), or straight on QEMU
  --accel=tcg|kvm|auto default: tcg for --host=ref; for --host=none auto, KVM where it works
  --cpu=MODEL          QEMU's -cpu
  --gdb[=PORT]         wait for gdb before the first instruction (default port 1234)
END
	host_usage
	common_usage ', with --gdb never'
	cat <<END
Paths in QEMU ARGS are relative to $base directory; a -M, -machine or -bios there \
replaces the
firmware and machine chosen here, an -accel or -enable-kvm that (and whether TCG's processors \
are one thread, as here if
there are more than this machine has), and a -smp the number of processors: guest and host are \
then told
--smp's all the same, and of none without it.
Environment: ${about_o}QEMU, the program (qemu-system-x86_64).
Exit status: 0 passed or skipped, 1 failed, 99 error, 124 timeout.
END
}

engine_option() { # OPTION VALUE
	require_word "$@" tcg kvm auto
	accel=$2
}

engine_flag() { # OPTION
	case $1 in
	--gdb) gdb=1234 ;;
	--gdb=*) gdb=${1#*=}; require_range --gdb "$gdb" 1 65535 ;;
	*) return 1 ;;
	esac
}

clean_up() { :; }

# ---- QEMU ---------------------------------------------------------------------------------------

# Sets $bios, empty if QEMU has to choose.  A kernel that exits at once takes 76 ms on pc with
# SeaBIOS, 40 ms on pc with qboot, and 30 ms on microvm with qboot (17 ms of that is QEMU's own
# start).
find_fast_firmware() {
	for bios in "${qemu%/*}/../share/qemu/qboot.rom" /usr/share/qemu/qboot.rom \
		/usr/local/share/qemu/qboot.rom /opt/homebrew/share/qemu/qboot.rom; do
		[ -e "$bios" ] && return
	done
	bios=
}

# Whether one of QEMU's arguments is one of the options.
has_option() { # " OPTION... " QEMU-ARG...
	options=$1
	shift
	for arg; do
		case $options in *" $arg "*) return 0 ;; esac
	done
	return 1
}

# Whether QEMU's arguments choose the accelerator, in any of the ways that QEMU knows.
has_accel() { # QEMU-ARG...
	has_option ' -accel --accel -enable-kvm --enable-kvm ' "$@" && return
	for arg; do
		case $arg in accel=* | *,accel=*) return 0 ;; esac
	done
	return 1
}

# Sets $trouble to why KVM's device cannot be opened, empty if it can.
try_kvm() {
	trouble='/dev/kvm is not there'
	[ -e /dev/kvm ] || return
	trouble=$( (: <>/dev/kvm) 2>&1) && trouble='' && return
	trouble="/dev/kvm cannot be opened: ${trouble##*: }"
}

# Sets $accel to what QEMU is to try, in this order, and $cpu to a model that fits: without a host,
# KVM gets QEMU's default model, which starts everywhere; a nested host needs the real CPU's.
choose_accel() {
	case $accel/$host in
	kvm/*)
		try_kvm
		[ -z "$trouble" ] || die "--accel=kvm: $trouble"
		[ "$host" = none ] || cpu=${cpu:-host} ;;
	auto/* | /none)
		try_kvm
		case $trouble in
		'')
			accel='kvm tcg' # KVM may fail all the same: QEMU says so
			[ "$host" = none ] || cpu=${cpu:-max}
			return ;;
		*'is not there') ;;
		*) printf '%s: --accel=auto: %s; using TCG\n' "$self" "$trouble" >&2 ;;
		esac
		accel=tcg cpu=${cpu:-max} ;;
	*) accel=tcg cpu=${cpu:-max} ;;
	esac
}

# Sets $threads: one for all processors if this machine has fewer CPUs than that.  A processor that
# spins until others are ready would keep them from running: 64 processors on 2 CPUs take 25 s with
# a thread each, and 3 s in one thread.
choose_threads() {
	threads=
	[ "$smp" -gt 1 ] && [ "$smp" -gt "$(nproc)" ] && threads=,thread=single
}

# Sets $doubled: the text as QEMU wants it inside a comma-separated list.
double_commas() { # TEXT
	rest=$1 doubled=
	while [ "$rest" != "${rest#*,}" ]; do
		doubled=$doubled${rest%%,*},,
		rest=${rest#*,}
	done
	doubled=$doubled$rest
}

# QEMU says nothing if the host is loaded where there is no memory.
require_host_memory() { # QEMU-ARG...
	while [ $# -gt 1 ]; do
		case $1 in
		-m | --m)
			size=${2#size=} size=${size%%,*} size=${size%[Mm]}
			case $size in '' | *[!0-9]* | ?????*) size=$((HOST_AT + 1)) ;; esac
			[ "$size" -gt "$HOST_AT" ] ||
				die "-m $2: the reference host is loaded at $HOST_AT MiB," \
					'wanted more than that' ;;
		esac
		shift
	done
}

# Prints how to start gdb, as the README does.
tell_gdb() {
	ours="-iex 'add-auto-load-safe-path $build'" # gdb loads $guest-gdb.py
	if [ "$host" = none ]; then
		echo "In another terminal: gdb $ours $guest -ex 'target remote :$gdb'"
		return
	fi
	echo "In another terminal: gdb $ours $guest -ex 'add-symbol-file $kernel'" \
		"-ex 'target remote :$gdb'"
	echo "gdb reads the guest's memory from 1 MiB on," \
		"but for what --debug-log=FILE has as 'elsewhere'."
} >&2

# ---- all together -------------------------------------------------------------------------------

accel='' gdb='' qemu=${QEMU:-qemu-system-x86_64}
parse_options "$@"
shift "$words"
choose_logs "$host"
enter_project
[ -z "$gdb" ] || seconds=${seconds:-0}
if has_option ' -smp --smp ' "$@"; then
	choose_processors yes
else
	choose_processors no
	set -- -smp "$smp" "$@"
fi
if has_accel "$@"; then
	[ "$host" = none ] || cpu=${cpu:-max}
else
	choose_accel
	choose_threads
	case $accel in *tcg) set -- -accel "tcg$threads" "$@" ;; esac
	case $accel in kvm*) set -- -accel kvm "$@" ;; esac
fi
guest=$build/guest.elf kernel=$guest command_line=$told$append
if [ "$host" = ref ]; then
	require_host_memory "$@"
	kernel=$build/host.elf command_line="mem=$mem $told$SERVICES${host_append:+ $host_append}"
fi
build images "$kernel" "$guest"
if [ "$host" = ref ]; then
	module=$guest
	# QEMU ends a module's path at a blank.
	case $guest in *' '*) exec 4<"$guest" && module=/dev/fd/4 ;; esac
	double_commas "$module $told$ON_REF${append:+ $append}"
	set -- -initrd "$doubled" "$@"
fi

if ! has_option ' -M -machine --machine -bios --bios ' "$@"; then
	find_fast_firmware
	[ -z "$bios" ] || set -- -M microvm,acpi=off,rtc=on -bios "$bios" "$@"
	[ -z "$bios" ] || [ "$host" = ref ] || command_line="$FRESH $command_line"
fi
[ -z "$cpu" ] || set -- -cpu "$cpu" "$@"
[ -z "$debug_log" ] || set -- -debugcon "file:$DEBUG_LOG" "$@"
if [ -n "$gdb" ]; then
	set -- -gdb "tcp:127.0.0.1:$gdb" -S "$@"
	tell_gdb
fi
set -- -no-user-config -nodefaults -display none -monitor none -no-reboot \
	-chardev "stdio,id=com1,signal=on" -serial chardev:com1 \
	-device isa-debug-exit,iobase=0xf4,iosize=0x4 \
	-m "$memory" -kernel "$kernel" -append "$command_line" "$@"

trap_signals
run_and_judge "$qemu" "$@"
