# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the runners (run-qemu.sh, run-bochs.sh, run-stock-kvm.sh): the part of a run that is
# the same with each engine.
#
# The runner has set these variables: self, its file; engine, the engine's name for messages;
# engine_valued, its own options that take a value; here, the directory of run-qemu.sh.  And it has
# these functions:
#
#   usage          prints the help
#   engine_option  OPTION VALUE: sets one of its own options
#   engine_flag    OPTION: sets one of its own without a value; fails if there is none of this name
#   clean_up       removes a run's files, also when a signal ends it
#
# In the source's directory a run first builds the images in $build, and names of files are
# relative to that directory.  An installed copy (make install) has no Makefile: its images are
# beside run-qemu.sh, nothing is built, O is another project's, and the caller's directory stays the
# current one.  $root is what names of the project's files begin with; stock kernels are kept in
# $kernels, and --deps gets $stock_kernel, if any.
# shellcheck shell=sh disable=SC2034,SC2154 # the runner uses variables of this file, too

GUEST_MIB=16             # default memory of the guest
HOST_MIB=8               # memory of the reference host, besides the guest's
HOST_AT=16               # the MiB where it is loaded (Makefile)
# The services of the reference host, options of guest and host.
PAGEOUT=pageout=0x7067
SERVICES="echo=0x6563686f kvm-echo=0x6b766d $PAGEOUT"
FRESH=fresh              # what is under the guest, host or qboot, has used no MSR of an ABI
ON_REF="$SERVICES require $FRESH" # on the reference host: all chosen ABIs are there, or FAIL

export LC_ALL=C
unset CDPATH GREP_OPTIONS POSIXLY_CORRECT PERL5OPT PERL_UNICODE PERLIO GNUMAKEFLAGS MAKEFILES

self=${0##*/}
if [ -e "$here/Makefile" ]; then
	installed='' root='' build=${O:-build}
	case $build in -*) build=./$build ;; esac
	kernels=$build stock_kernel=release
	runs='Builds what is out of date, runs' base="the project's" needs='build, run and test'
	about_o='O, the build directory (default build); '
	# shellcheck source=src/runner/build.sh
	. "$here/src/runner/build.sh"
else
	installed=yes root=$here/ build=$here
	kernels=${XDG_CACHE_HOME:-${HOME-}/.cache}/paraguest stock_kernel=''
	runs='Runs' base='the current' needs='run' about_o=''
fi
lister=${root}run-qemu.sh # what lists the checks for engine.pl; '': this run does so itself
host=ref abi='' cpu='' smp='' mem='' append='' host_append=''
seconds='' exit_skip=0 expect='' junit='' log='' debug_log='' log_dir='' deps=no
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
  --deps               first install what is missing to $needs
  --version            which paraguest this is
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

print_version() {
	printf 'paraguest '
	if [ -n "$installed" ]; then cat "$build/version"; else sh "$here/src/lib/version.sh"; fi
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
		--version) print_version; exit ;;
		--deps) deps=yes ;;
		# Only for engine.pl, after --append: lists the checks of the images as they are.
		--list) lister='' host=none accel=tcg seconds=3 append="list $append" ;;
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

# Changes to the source's directory if this is not an installed copy, and with --deps installs what
# is missing.
enter_project() {
	[ -n "$installed" ] || cd "$here" || die "cannot enter $here"
	[ "$deps" = yes ] || return 0
	# shellcheck source=src/runner/packages.sh
	. "${root}src/runner/packages.sh"
	install_missing
	[ -z "$stock_kernel" ] || get_kernel "$stock_kernel"
}

# ---- files --------------------------------------------------------------------------------------

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

# Sees to it that the images are there: builds them if they are out of date.
build() { # GOAL IMAGE...
	[ -n "$installed" ] || [ -z "$lister" ] || make_images "$@"
	shift
	for file; do
		[ -s "$file" ] || die "$file is not there"
	done
	for file in engine stream expect judge junit symbols list; do
		file=${root}src/runner/$file.pl
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
	perl "${root}src/runner/engine.pl" engine="$engine" seconds="$seconds" \
		exit_skip="$exit_skip" log="$log" debug_log="$debug_log" stream="$stream" \
		messages="$messages" junit="$junit" expect="$expect" image="$build/guest.elf" \
		parent=$$ lister="$lister" abi="$abi" append="$append" -- "$@" </dev/null &
	judge=$!
	wait "$judge"
	status=$?
	kill_group
	return "$status"
}
