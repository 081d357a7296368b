#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boots the guest under QEMU, on the reference host or alone, and turns what comes out of its serial
# port into a TAP stream whose verdict can be trusted.  ./run-qemu.sh --help tells the rest.
#
# A run costs few forks, and leaves no files: QEMU's exit status and messages reach the judge,
# tests/judge.awk, as the last line of the guest's own stream.

set -uf

HOST_MIB=8               # memory of the reference host itself, on top of the guest's
ECHO=echo=0x6563686f     # both sides must be told of the echo service
SOURCES='boot src tests/host linker.ld Makefile'

usage() {
    cat <<'END'
Usage: ./run-qemu.sh [options] [-- QEMU ARGS]

Builds what is out of date, runs the guest, and prints its TAP stream.

  --host=ref|none      on the reference host (default), or straight on QEMU
  --accel=tcg|kvm|auto default: tcg for --host=ref; for --host=none auto, KVM where it can be used
  --cpu=MODEL          QEMU's -cpu
  --mem=MIB            the guest's memory (default 16)
  --append=TEXT        options for the guest, as "only=area strict"
  --host-append=TEXT   options for the reference host
  --timeout=SECONDS    when to give up (default 30, with --gdb never; 0: never)
  --exit-skip=N        exit status of a run that was skipped (default 0)
  --log=FILE           copy of all that came out of the serial port, unchanged
  --debug-log=FILE     what the reference host says on port 0xe9
  --gdb[=PORT]         wait for gdb before the first instruction (default port 1234)
  --deps               first install what is missing to build, run and test
  --help               this text

Options with a value also take it as the next word.  Paths in QEMU ARGS are relative to the
project's directory; a -M, -machine or -bios there replaces the firmware and machine chosen here.
Environment: O, the build directory (default build); QEMU, the program (qemu-system-x86_64).
Exit status: 0 passed or skipped, 1 failed, 99 error, 124 timeout.
END
}

die() {
    printf 'run-qemu.sh: %s\n' "$*" >&2
    exit 99
}

# ---- options ------------------------------------------------------------------------------------

VALUED=' --host --accel --cpu --mem --append --host-append --timeout --exit-skip --log --debug-log '

require_range() { # OPTION VALUE LOWEST HIGHEST
    case $2 in '' | *[!0-9]* | ??????*) ;; *) [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ] || return 0 ;; esac
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
    --accel) require_word "$@" tcg kvm auto; accel=$2 ;;
    --cpu) cpu=$2 ;;
    --mem) require_range "$@" 1 65536; mem=$2 ;;
    --timeout)
        case $2 in .* | *. | *.*.* | *[!0-9.]*) die "$1: '$2' is not a number of seconds" ;; esac
        seconds=$2 ;;
    --exit-skip) require_range "$@" 0 255; exit_skip=$2 ;;
    --log) log=$path ;;
    --debug-log) debug_log=$path ;;
    esac
}

# ---- packages -----------------------------------------------------------------------------------

# What shows that a package is there (any one of these commands or files) | apt | dnf | pacman
packages() {
    cat <<'END'
gcc|gcc|gcc|gcc
/usr/include/stdio.h|libc6-dev|glibc-devel|glibc
make|make|make|make
nasm|nasm|nasm|nasm
ld|binutils|binutils|binutils
qemu-system-x86_64|qemu-system-x86|qemu-system-x86-core|qemu-system-x86
prove|perl|perl-Test-Harness|perl
/usr/include/cmocka.h|libcmocka-dev|libcmocka-devel|cmocka
grub-file grub2-file|grub-common|grub2-tools-minimal|grub
grub-mkrescue grub2-mkrescue|grub-common|grub2-tools-extra|grub
/usr/lib/grub/i386-pc|grub-pc-bin|grub2-pc-modules|grub
xorriso|xorriso|xorriso|libisoburn
mformat|mtools|mtools|mtools
shellcheck|shellcheck|ShellCheck|shellcheck
clang|clang|clang|clang
clang-format|clang-format|clang-tools-extra|clang
gdb|gdb|gdb|gdb
git|git|git|git
END
}

is_there() { # COMMAND-OR-FILE...
    for probe; do
        if [ -e "$probe" ] || command -v "$probe" >/dev/null; then return; fi
    done
    return 1
}

announce_and_run() {
    printf '%s\n' "$*" >&2
    "$@" >&2 || die "'$*' failed"
}

install_missing() {
    column=1
    for manager in apt-get dnf pacman none; do
        column=$((column + 1))
        command -v "$manager" >/dev/null && break
    done
    [ "$manager" != none ] || column=2
    # shellcheck disable=SC2086 # a list of probes
    missing=$(packages | while IFS='|' read -r probes names; do
        IFS=' '
        is_there $probes || echo "|$names"
    done | cut -d'|' -f"$column" | sort -u)
    [ -n "$missing" ] || return 0
    sudo=sudo
    [ "$(id -u)" -ne 0 ] || sudo=
    # shellcheck disable=SC2086 # $sudo may be nothing, $missing is a list
    case $manager in
    apt-get)
        announce_and_run $sudo apt-get update
        announce_and_run $sudo apt-get install -y --no-install-recommends $missing ;;
    dnf) announce_and_run $sudo dnf install -y $missing ;;
    pacman) announce_and_run $sudo pacman -S --needed --noconfirm $missing ;;
    *) die "neither apt-get, dnf nor pacman is here to install:" $missing ;;
    esac
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

build() { # IMAGE...
    stamp=$build/.run-qemu
    if [ -e Makefile ] && ! is_built "$@"; then
        # A file changed while make runs must look new to the next run: hence a stamp from before.
        mkdir -p "$build" || die "cannot make the build directory $build"
        : >"$stamp.$$" || die "cannot write to the build directory $build"
        make -s O="$build" "$@" >&2 || { rm -f "$stamp.$$"; die "the build failed: make $*"; }
        mv -f "$stamp.$$" "$stamp"
    fi
    for file in "$@" tests/judge.awk; do
        [ -s "$file" ] || die "$file is not there"
    done
}

# ---- QEMU ---------------------------------------------------------------------------------------

# Start to end of a kernel that exits at once: pc with SeaBIOS 76 ms, pc with qboot 40 ms, microvm
# with qboot 30 ms (17 ms of it QEMU's own loading).
fastest_machine() { # sets $bios, empty if QEMU has to choose
    for bios in "${qemu%/*}/../share/qemu/qboot.rom" /usr/share/qemu/qboot.rom \
        /usr/local/share/qemu/qboot.rom /opt/homebrew/share/qemu/qboot.rom; do
        [ -e "$bios" ] && return
    done
    bios=
}

names_machine() { # QEMU-ARG...
    for arg; do
        case $arg in -M | -machine | --machine | -bios | --bios) return 0 ;; esac
    done
    return 1
}

choose_accel() {
    kvm=no
    [ -r /dev/kvm ] && [ -w /dev/kvm ] && kvm=yes
    case $accel/$host/$kvm in
    auto/*/yes | /none/yes) accel=kvm ;;
    kvm/*/no) die '--accel=kvm: /dev/kvm is not there, or not readable and writable for you' ;;
    kvm/*) ;;
    *) accel=tcg ;;
    esac
    # Plain KVM gets QEMU's default model, which starts everywhere; a nested host needs the real one.
    case $accel/$host in tcg/*) cpu=${cpu:-max} ;; kvm/ref) cpu=${cpu:-host} ;; esac
}

double_commas() { # TEXT: sets $doubled, TEXT as QEMU wants it inside a comma-separated list
    rest=$1 doubled=
    while [ "$rest" != "${rest#*,}" ]; do
        doubled=$doubled${rest%%,*},,
        rest=${rest#*,}
    done
    doubled=$doubled$rest
}

# Runs QEMU, then ends the stream with one more line: its messages and its exit status, separated by
# tabs.  A guest cannot forge that: the status is the last word of the last line, and QEMU is gone.
run_to_the_end() { # QEMU-ARG...
    { messages=$(timeout --foreground -k 2 "$seconds" "$qemu" "$@" 2>&1 >&3 3>&-); } 3>&1
    status=$?
    IFS='
'
    printf %s "$trailer"
    # shellcheck disable=SC2086 # a word for each line
    printf '%s\t' $messages
    echo "$status"
}

# The members of a pipeline have no names in sh: find them, for a signal sent to this script alone.
kill_below() { # PID
    read -r children <"/proc/$1/task/$1/children"
    for child in $children; do
        kill_below "$child"
        kill "$child"
    done
}

stop() { # SIGNAL
    trap - "$1"
    kill_below $$ 2>/dev/null
    kill -s "$1" $$
}

judge() {
    set -- awk
    command -v mawk >/dev/null && set -- mawk -W interactive # it would wait for a full buffer
    LC_ALL=C "$@" -v trailer="$trailer" -v seconds="$seconds" -v exit_skip="$exit_skip" \
        -f tests/judge.awk
}

# ---- all together -------------------------------------------------------------------------------

host=ref accel='' cpu='' mem=16 append='' host_append='' seconds='' exit_skip=0
log='' debug_log='' gdb='' deps=no
qemu=${QEMU:-qemu-system-x86_64} build=${O:-build} trailer="run-qemu.sh $$: "

while [ $# -gt 0 ]; do
    case $1 in
    --) shift; break ;;
    --help | -h) usage; exit ;;
    --deps) deps=yes ;;
    --gdb) gdb=1234 ;;
    --gdb=*) gdb=${1#*=}; require_range --gdb "$gdb" 1 65535 ;;
    *)
        name=${1%%=*}
        case $VALUED in
        *" $name "*) ;;
        *) die "unknown option '$1': see --help, and put QEMU's own options after --" ;;
        esac
        case $1 in
        *=*) set_option "$name" "${1#*=}" ;;
        *)
            case ${2---} in --*) die "$name: a value is wanted, as $name=VALUE" ;; esac
            set_option "$name" "$2"
            shift ;;
        esac ;;
    esac
    shift
done

case $0 in */*) cd "${0%/*}" || die "cannot enter ${0%/*}" ;; esac
[ "$deps" = no ] || install_missing
choose_accel
guest=$build/guest.elf kernel=$guest memory=$mem command_line=$append
if [ "$host" = ref ]; then
    kernel=$build/host.elf memory=$((mem + HOST_MIB))
    command_line="mem=$mem $ECHO${host_append:+ $host_append}"
    double_commas "$guest $ECHO${append:+ $append}"
    set -- -initrd "$doubled" "$@"
fi
build "$kernel" "$guest"

if ! names_machine "$@"; then
    fastest_machine
    [ -z "$bios" ] || set -- -M microvm,acpi=off -bios "$bios" "$@"
fi
[ -z "$cpu" ] || set -- -cpu "$cpu" "$@"
[ -z "$debug_log" ] || set -- -debugcon "file:$debug_log" "$@"
[ -z "$log" ] || { double_commas "$log"; log=,logfile=$doubled; }
if [ -n "$gdb" ]; then
    set -- -gdb "tcp:127.0.0.1:$gdb" -S "$@"
    seconds=${seconds:-0}
    printf 'In another terminal: gdb %s -ex "target remote :%s"\n' "$kernel" "$gdb" >&2
    [ "$host" = none ] || echo "Inside gdb, for the guest's names: add-symbol-file $guest" >&2
fi
seconds=${seconds:-30}
set -- -no-user-config -nodefaults -display none -monitor none -no-reboot \
    -chardev "stdio,id=com1,signal=on$log" -serial chardev:com1 \
    -device isa-debug-exit,iobase=0xf4,iosize=0x4 \
    -accel "$accel" -m "$memory" -kernel "$kernel" -append "$command_line" "$@"

for signal in INT TERM HUP; do
    # shellcheck disable=SC2064 # the name of now
    trap "stop $signal" "$signal"
done
run_to_the_end "$@" </dev/null | judge &
wait $!
