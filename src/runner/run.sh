# SPDX-License-Identifier: GPL-2.0-only
# Sourced by run-qemu.sh and tests/run-bochs.sh: what a run takes, whatever the engine.  The runner has
# set self, its file; engine, its name in messages; engine_valued, its own options that take a value; and build, the
# build directory.  It has these functions:
#
#   usage          prints the help
#   engine_option  OPTION VALUE: sets one of its own options
#   engine_flag    OPTION: sets one of its own without a value; fails if there is none of this name
#   clean_up       removes what a run leaves behind, when a signal ends it, too
# shellcheck shell=sh disable=SC2034,SC2154 # variables go both ways

GUEST_MIB=16             # memory of the guest, if nothing else is said
HOST_MIB=8               # memory of the reference host itself, on top of the guest's
HOST_AT=16               # where it is loaded (Makefile)
ECHO=echo=0x6563686f     # both sides must be told of the echo service
SOURCES='boot src linker.ld Makefile VERSION'
[ ! -e "$here/.git/logs/HEAD" ] || SOURCES="$SOURCES .git/logs/HEAD" # a commit has a name of its own

export LC_ALL=C
unset CDPATH GREP_OPTIONS POSIXLY_CORRECT PERL5OPT PERL_UNICODE PERLIO GNUMAKEFLAGS MAKEFILES
case $build in -*) build=./$build ;; esac

self=${self##*/}
host=ref cpu='' smp='' mem='' append='' host_append='' seconds='' exit_skip=0 log='' debug_log='' deps=no
judge='' # its process

SECONDS_ONE=30 SECONDS_MORE=2 # when to give up a run, for the first processor and each other one

common_usage() { # LATER-TIMEOUT
	cat <<END
  --smp=N              processors of the machine, and vCPUs of the guest on the host (default 1)
  --mem=MIB            the guest's memory (default $GUEST_MIB, and 1 more for each 16 processors)
  --append=TEXT        options for the guest, as "only=area strict"
  --host-append=TEXT   options for the reference host
  --timeout=SECONDS    when to give up (default $SECONDS_ONE$1, and $SECONDS_MORE more for each processor but the first;
                       0: never)
  --exit-skip=N        exit status of a run that was skipped (default 0)
  --log=FILE           copy of all that came out of the serial port, unchanged
  --debug-log=FILE     what the reference host says on port 0xe9
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

VALUED=' --host --cpu --smp --mem --append --host-append --timeout --exit-skip --log --debug-log '

require_range() { # OPTION VALUE LOWEST HIGHEST
	case $2 in '' | *[!0-9]* | 0?* | ??????*) ;; *) [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ] || return 0 ;; esac
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
	--cpu) cpu=$2 ;;
	--smp) require_range "$@" 1 255; smp=$2 ;;
	--mem) require_range "$@" 1 65536; mem=$2 ;;
	--timeout)
		case $2 in .* | *. | *.*.* | *[!0-9.]*) die "$1: '$2' is not a number of seconds" ;; esac
		seconds=$2 ;;
	--exit-skip) require_range "$@" 0 255; exit_skip=$2 ;;
	--log) log=$path ;;
	--debug-log) debug_log=$path ;;
	*) engine_option "$@" ;;
	esac
}

# Fails if the option took the next word, too.
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

# Sets $words, the number of words up to the engine's own, which stand behind --.
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

# Behind -- the engine's own options may say how many processors there are: then guest and host are told
# of the number only if --smp says one, which may be another; else they take all that report in.  Each but
# the first needs 64 KiB of the guest's memory, as much of the host's, and time: emulators share few CPUs out.
#
# Sets $smp, how many the machine has if the engine's own options do not say; $told, guest's and host's
# option; $mem and $memory, the guest's memory and the machine's; and $seconds.
choose_processors() { # GIVEN-BEHIND--: yes or no
	told=
	[ -z "$smp" ] && [ "$1" = yes ] || told="cpus=${smp:-1} "
	smp=${smp:-1}
	mem=${mem:-$((GUEST_MIB + smp / 16))}
	memory=$mem
	[ "$host" = none ] || memory=$(((mem > HOST_AT ? mem : HOST_AT) + HOST_MIB + smp / 16))
	seconds=${seconds:-$((SECONDS_ONE + (smp - 1) * SECONDS_MORE))}
}

# Goes to the project's directory, and with --deps installs what is missing.
enter_project() {
	cd "$here" || die "cannot enter $here"
	[ "$deps" = yes ] || return 0
	# shellcheck source=src/runner/packages.sh
	. src/runner/packages.sh
	install_missing
}

# ---- build --------------------------------------------------------------------------------------

# Sources are compared with a stamp, not with the images: make rightly leaves an image alone that
# does not depend on the file that changed, and that image would look old for ever.
is_built() { # IMAGE...
	for image; do
		[ -s "$image" ] || return
	done
	[ -e "$stamp" ] || return
	# shellcheck disable=SC2086 # a list of files
	[ -z "$(find $SOURCES -newer "$stamp" 2>&1)" ]
}

# Sets $as, what root puts before a command that makes files: they are to belong to whoever has the directory,
# who could not build there any more otherwise.
choose_owner() { # DIRECTORY, which need not be there yet
	as=''
	[ "$(id -u)" -eq 0 ] || return 0
	directory=$1
	until [ -e "$directory" ]; do directory=$(dirname -- "$directory"); done
	# shellcheck disable=SC2012 # only the numbers are read
	owner=$(ls -dn -- "$directory" | { read -r _ _ uid gid _ && echo "--reuid=$uid --regid=$gid"; })
	[ "${owner% *}" != --reuid=0 ] || return 0
	as="env -u HOME -u TMPDIR setpriv $owner --clear-groups"
	# shellcheck disable=SC2016 # for that shell
	$as sh -c 'cd -- "$2" && [ -w "$1" ]' sh "$directory" "$PWD" 2>/dev/null || as='' # then only root can
}

# Of two that start at once, one builds.  It may have its reasons to take long: both may build, too.
build_locked() { # GOAL IMAGE...
	goal=$1
	shift
	flock -w 60 7 2>/dev/null
	is_built "$@" || MAKEFLAGS='' MFLAGS='' $as make -s -j "$(nproc 2>/dev/null || echo 1)" O="$build" "$goal" >&2 7<&-
}

build() { # GOAL IMAGE...
	goal=$1
	shift
	stamp=$build/.${self%.sh} # one a runner: it tells of that one's images only
	if [ -e Makefile ] && ! is_built "$@"; then
		choose_owner "$build"
		$as mkdir -p "$build" || die "cannot make the build directory $build"
		# A file changed while make runs must look new to the next run: hence a stamp from before.
		$as touch "$stamp.$$" "$build/.lock" || die "cannot write to the build directory $build"
		(build_locked "$goal" "$@") 7<"$build/.lock" || { rm -f "$stamp.$$"; die "the build failed: make $goal"; }
		$as mv -f "$stamp.$$" "$stamp"
	fi
	for file in "$@" src/runner/engine.pl src/runner/stream.pl src/runner/judge.pl; do
		[ -s "$file" ] || die "$file is not there"
	done
	command -v perl >/dev/null || die 'there is no perl here, which judges the stream'
}

# Prints the name of a directory of its own, without the signs that an engine's options are taken apart at.
new_directory() {
	case ${TMPDIR:-/tmp} in [!/]* | *[!A-Za-z0-9_./+@-]*) TMPDIR=/tmp ;; esac
	mktemp -d
}

# ---- run ----------------------------------------------------------------------------------------

# The name of the debug log in the words of run_and_judge: src/runner/engine.pl puts a file there that it reads.
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

# What the engine started and left behind: the judge's process group has nobody else.
kill_group() {
	kill -s KILL -- "-$judge" 2>/dev/null
}

trap_signals() {
	for signal in HUP INT QUIT PIPE ALRM TERM USR1 USR2; do
		# shellcheck disable=SC2064 # the name of now
		trap "stop $signal" "$signal"
	done
}

# COMMAND prints the stream, and its messages on stderr; the exit status is the judge's.
run_and_judge() { # COMMAND WORD...
	perl src/runner/engine.pl engine="$engine" seconds="$seconds" exit_skip="$exit_skip" log="$log" \
		debug_log="$debug_log" parent=$$ -- "$@" </dev/null &
	judge=$!
	wait "$judge"
	status=$?
	kill_group
	return "$status"
}
