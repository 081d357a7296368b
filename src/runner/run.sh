# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the runners (run-qemu.sh, run-bochs.sh, run-stock-kvm.sh): the part of a run that is
# the same with each engine.
#
# The runner has set these variables: self, its file; engine, the engine's name for messages;
# engine_valued, its own options that take a value; build, the build directory.  And it has these
# functions:
#
#   usage          prints the help
#   engine_option  OPTION VALUE: sets one of its own options
#   engine_flag    OPTION: sets one of its own without a value; fails if there is none of this name
#   clean_up       removes a run's files, also when a signal ends it
# shellcheck shell=sh disable=SC2034,SC2154 # the runner uses variables of this file, too

GUEST_MIB=16             # default memory of the guest
HOST_MIB=8               # memory of the reference host, besides the guest's
HOST_AT=16               # the MiB where it is loaded (Makefile)
# The services of the reference host, options of guest and host.
PAGEOUT=pageout=0x7067
SERVICES="echo=0x6563686f kvm-echo=0x6b766d $PAGEOUT"
FRESH=fresh              # what is under the guest, host or qboot, has used no MSR of an ABI
ON_REF="$SERVICES require $FRESH" # on the reference host: all chosen ABIs are there, or FAIL
SOURCES='boot src linker.ld Makefile VERSION'
[ ! -e "$here/.git/logs/HEAD" ] || SOURCES="$SOURCES .git/logs/HEAD" # images name their commit

export LC_ALL=C
unset CDPATH GREP_OPTIONS POSIXLY_CORRECT PERL5OPT PERL_UNICODE PERLIO GNUMAKEFLAGS MAKEFILES
case $build in -*) build=./$build ;; esac

self=${self##*/}
host=ref abi='' cpu='' smp='' mem='' append='' host_append=''
seconds='' exit_skip=0 expect='' junit='' log='' debug_log='' log_dir='' deps=no
stock_kernel=release # which one --deps gets for run-stock-kvm.sh; empty: none
judge='' # the process ID of engine.pl

SECONDS_ONE=30 SECONDS_MORE=2 # the default time limit: for the first processor, for each other one

host_usage() {
	cat <<'END'
  --host-append=TEXT   options for the reference host
  --debug-log=FILE     what the reference host says on port 0xe9
END
}

common_usage() { # LATER-TIMEOUT
	cat <<END
  --abi=NAME,...       only these ABIs, for the guest and the reference host (default all)
  --smp=N              processors of the machine, and vCPUs of the guest on the host (default 1)
  --mem=MIB            the guest's memory (default $GUEST_MIB, and 1 more for each 16 processors)
  --append=TEXT        options for the guest, as "only=area strict"
  --timeout=SECONDS    when to give up (default $SECONDS_ONE$1, and $SECONDS_MORE more for each \
processor but the first;
                       0: never)
  --exit-skip=N        exit status of a run that was skipped (default 0)
  --expect=FILE        known failures, a line "CHECK<TAB>REASON" each, which become TODO
  --junit=FILE         the results as a JUnit report, which Jenkins and GitLab read
  --log=FILE           copy of all that came out of the serial port, unchanged
  --log-dir=DIR        keep all of a run: stream.tap, serial.log, host.log and engine.log
  --deps               first install what is missing to build, run and test
  --help               this text

Options with a value also take it as the next word.
END
}

die() {
	printf '%s: %s\n' "$self" "$*" >&2
	exit 99
}

# ---- options ------------------------------------------------------------------------------------

VALUED=' --host --abi --cpu --smp --mem --append --host-append --timeout --exit-skip --log'
VALUED="$VALUED --debug-log --log-dir --expect --junit "

require_range() { # OPTION VALUE LOWEST HIGHEST
	case $2 in
	'' | *[!0-9]* | 0?* | ??????*) ;;
	*) [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ] || return 0 ;;
	esac
	die "$1: '$2' is not a whole number from $3 to $4"
}

require_word() { # OPTION VALUE WORD...
	option=$1 value=$2
	shift 2
	for word; do [ "$value" != "$word" ] || return 0; done
	die "$option: '$value' is none of: $*"
}

set_option() { # OPTION VALUE
	case $1 in
	--append) append=$2; return ;;
	--host-append) host_append=$2; return ;;
	esac
	[ -n "$2" ] || die "$1: its value is empty"
	case $2 in /*) path=$2 ;; *) path=$PWD/$2 ;; esac
	case $1 in
	--host) require_word "$@" ref none; host=$2 ;;
	--abi)
		case $2 in *[!a-z0-9,]*) die "$1: '$2' is not a list of names with commas" ;; esac
		abi=$2 ;;
	--cpu) cpu=$2 ;;
	--smp) require_range "$@" 1 255; smp=$2 ;;
	--mem) require_range "$@" 1 65536; mem=$2 ;;
	--timeout)
		case $2 in
		.* | *. | *.*.* | *[!0-9.]*) die "$1: '$2' is not a number of seconds" ;;
		esac
		seconds=$2 ;;
	--exit-skip) require_range "$@" 0 255; exit_skip=$2 ;;
	--expect) expect=$path ;;
	--junit) junit=$path ;;
	--log) log=$path ;;
	--log-dir) log_dir=$path ;;
	--debug-log) debug_log=$path ;;
	*) engine_option "$@" ;;
	esac
}

# Fails if the option took the next word as its value.
parse_option() { # OPTION [VALUE]
	name=${1%%=*}
	case $VALUED$engine_valued in
	*" $name "*) ;;
	*)
		engine_flag "$1" && return
		die "unknown option '$1': see --help, and put $engine's own options after --" ;;
	esac
	case $1 in *=*) set_option "$name" "${1#*=}"; return 0 ;; esac
	case ${2---} in --*) die "$name: a value is wanted, as $name=VALUE" ;; esac
	set_option "$name" "$2"
	return 1
}

# Sets $words, the number of words before the engine's own options, the -- included.
parse_options() { # WORD...
	words=$#
	while [ $# -gt 0 ]; do
		case $1 in
		--) shift; break ;;
		--help | -h) usage; exit ;;
		--deps) deps=yes ;;
		*) parse_option "$@" || shift ;;
		esac
		shift
	done
	words=$((words - $#))
}

# Makes the directory of --log-dir, removes what another run left there, and sets $log, $debug_log,
# $stream and $messages, the files for this one.  --log and --debug-log may name files elsewhere.
choose_logs() { # HOST: none, or one that says something
	stream='' messages=''
	[ -n "$log_dir" ] || return 0
	mkdir -p "$log_dir" || die "--log-dir: cannot make $log_dir"
	stream=$log_dir/stream.tap messages=$log_dir/engine.log
	rm -f "$stream" "$messages" "$log_dir/serial.log" "$log_dir/host.log" ||
		die "--log-dir: cannot write to $log_dir"
	log=${log:-$log_dir/serial.log}
	[ "$1" = none ] || debug_log=${debug_log:-$log_dir/host.log}
}

# The engine's own options may set the number of processors.  Then guest and host are told a number
# only if there is an --smp, which may differ; without it they use all processors that report in.
# Each processor but the first needs 64 KiB of the guest's memory, as much of the host's, and time.
#
# Sets $smp, the number of processors; $told, options for guest and host; $mem and $memory, the
# guest's memory and the machine's; and $seconds.
choose_processors() { # OWN: yes if the engine's own options have the number, or no
	told=${abi:+abi=$abi }
	[ -z "$smp" ] && [ "$1" = yes ] || told="${told}cpus=${smp:-1} "
	smp=${smp:-1}
	mem=${mem:-$((GUEST_MIB + smp / 16))}
	memory=$mem
	[ "$host" = none ] || memory=$(((mem > HOST_AT ? mem : HOST_AT) + HOST_MIB + smp / 16))
	seconds=${seconds:-$((SECONDS_ONE + (smp - 1) * SECONDS_MORE))}
}

# Changes to the project's directory, and with --deps installs what is missing.
enter_project() {
	cd "$here" || die "cannot enter $here"
	[ "$deps" = yes ] || return 0
	# shellcheck source=src/runner/packages.sh
	. src/runner/packages.sh
	install_missing
	[ -z "$stock_kernel" ] || get_kernel "$stock_kernel"
}

# ---- build --------------------------------------------------------------------------------------

# Compares the sources with a stamp, not with the images: make does not build an image that does not
# depend on the changed file, and that image would look old for ever.
is_built() { # IMAGE...
	for image; do
		[ -s "$image" ] || return
	done
	[ -e "$stamp" ] || return
	# shellcheck disable=SC2086 # a list of files
	[ -z "$(find $SOURCES -newer "$stamp" 2>&1)" ]
}

# Sets $as, a prefix for commands that make files: if root calls, the files belong to the
# directory's owner, who could not build there any more otherwise.
choose_owner() { # DIRECTORY, which may not exist yet
	as=''
	[ "$(id -u)" -eq 0 ] || return 0
	directory=$1
	until [ -e "$directory" ]; do directory=$(dirname -- "$directory"); done
	# shellcheck disable=SC2012 # only the numbers are read
	owner=$(ls -dn -- "$directory" |
		{ read -r _ _ uid gid _ && echo "--reuid=$uid --regid=$gid"; })
	[ "${owner% *}" != --reuid=0 ] || return 0
	as="env -u HOME -u TMPDIR setpriv $owner --clear-groups"
	# An owner who cannot write there, or cannot get here, leaves it to root.
	# shellcheck disable=SC2016 # expanded by that shell
	$as sh -c 'cd -- "$2" && [ -w "$1" ]' sh "$directory" "$PWD" 2>/dev/null || as=''
}

# If two runs start at once, one builds and the other waits, up to a minute: then it builds, too,
# which does no harm.
build_locked() { # GOAL IMAGE...
	goal=$1
	shift
	flock -w 60 7 2>/dev/null
	is_built "$@" || MAKEFLAGS='' MFLAGS='' \
		$as make -s -j "$(nproc 2>/dev/null || echo 1)" O="$build" "$goal" >&2 7<&-
}

build() { # GOAL IMAGE...
	goal=$1
	shift
	stamp=$build/.built-$goal
	if [ -e Makefile ] && ! is_built "$@"; then
		choose_owner "$build"
		$as mkdir -p "$build" || die "cannot make the build directory $build"
		# Made before the build: a file that changes meanwhile must look new next time.
		$as touch "$stamp.$$" "$build/.lock" ||
			die "cannot write to the build directory $build"
		(build_locked "$goal" "$@") 7<"$build/.lock" || {
			rm -f "$stamp.$$"
			die "the build failed: make $goal"
		}
		$as mv -f "$stamp.$$" "$stamp"
	fi
	for file in "$@" src/runner/engine.pl src/runner/stream.pl src/runner/expect.pl \
		src/runner/judge.pl src/runner/junit.pl src/runner/symbols.pl; do
		[ -s "$file" ] || die "$file is not there"
	done
	command -v perl >/dev/null || die 'there is no perl here, which judges the stream'
}

# Makes a directory and prints its name, which has no characters that are special in an engine's
# options.
new_directory() {
	case ${TMPDIR:-/tmp} in [!/]* | *[!A-Za-z0-9_./+@-]*) TMPDIR=/tmp ;; esac
	mktemp -d
}

# ---- run ----------------------------------------------------------------------------------------

# Stands for the debug log in the words of run_and_judge; src/runner/engine.pl replaces it.
DEBUG_LOG=@DEBUG_LOG@

stop() { # SIGNAL
	trap '' "$1"
	if [ -n "$judge" ]; then
		kill "$judge" 2>/dev/null
		wait "$judge"
		kill_group
	fi
	clean_up
	trap - "$1"
	kill -s "$1" $$
}

# Kills what the engine started and left running: nothing else is in engine.pl's process group.
kill_group() {
	kill -s KILL -- "-$judge" 2>/dev/null
}

trap_signals() {
	for signal in HUP INT QUIT PIPE ALRM TERM USR1 USR2; do
		# shellcheck disable=SC2064 # $signal is to be expanded now
		trap "stop $signal" "$signal"
	done
}

# COMMAND prints the stream, and its messages on stderr.  Returns the run's exit status.
run_and_judge() { # COMMAND WORD...
	perl src/runner/engine.pl engine="$engine" seconds="$seconds" exit_skip="$exit_skip" \
		log="$log" debug_log="$debug_log" stream="$stream" messages="$messages" \
		junit="$junit" expect="$expect" image="$build/guest.elf" parent=$$ \
		-- "$@" </dev/null &
	judge=$!
	wait "$judge"
	status=$?
	kill_group
	return "$status"
}
