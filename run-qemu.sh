#!/bin/sh
# Boots the guest under QEMU, on the reference host or alone, and turns what comes out of its serial
# port into a TAP stream whose verdict can be trusted.  ./run-qemu.sh --help tells the rest.
#
# A run costs few forks, and leaves no files: QEMU's exit status and messages reach the awk program
# that judges the run as the last line of the guest's own stream.

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
    for image; do
        [ -s "$image" ] || die "$image is not there"
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

# ---- verdict ------------------------------------------------------------------------------------

# shellcheck disable=SC2016 # awk
JUDGE='
function say(line) { print line; fflush() }
function wrong(what) { if (contradiction == "") contradiction = what }
function trouble(what, why) { kind = what; story = why }
function counts() { return "pass=" pass + 0 " fail=" fail + 0 " skip=" skip + 0 " todo=" todo + 0 }

function before_header(line,    at) {
    at = index(line, "TAP version 13")
    if (at && substr(line, at) == "TAP version 13") { header = 1; say("TAP version 13"); return }
    noise[noises++] = line
    if (line ~ /^Bail out!/) bail = line
}

function test_result(line,    name) {
    seen++
    name = line
    sub(/^(not )?ok */, "", name)
    if (name !~ /^[0-9]+ - [^ #]/ || name + 0 != seen) wrong("this is not result " seen ": " line)
    sub(/^[0-9]* *-* */, "", name)
    sub(/ .*/, "", name)
    if (name == running) running = ""
    if (line ~ /^not/) { if (line ~ / # TODO( |$)/) todo++; else fail++ }
    else if (line ~ / # SKIP( |$)/) skip++
    else pass++
}

# A Bail out and the verdict are kept until the end, which may contradict them.
function guest_line(line) {
    gsub(/\r/, "", line)
    if (line == "") return
    if (!header) { before_header(line); return }
    if (result != "") {
        if (line ~ /^((not )?ok|1\.\.|Bail out!|TAP version|# RESULT:)/) wrong("after the verdict: " line)
        return
    }
    if (line ~ /^# RESULT:/) { result = line; return }
    if (line ~ /^Bail out!/) { if (bail == "") bail = line; return }
    if (line ~ /^1\.\.[0-9]/) {
        if (planned++) wrong("a second plan: " line)
        plan = substr(line, 4) + 0
    } else if (line ~ /^(not )?ok( |$)/) test_result(line)
    else if (line ~ /^# run /) { running = substr(line, 7); gsub(/ .*|#/, "", running) }
    else if (line ~ /^TAP version/) wrong("a second header")
    say(line ~ /^([# ]|1\.\.|(not )?ok)/ ? line : "# stray: " line)
}

# How QEMU ended, where that alone rules a verdict out.
function judge_end() {
    if (status == 124 || status == 137)
        trouble("hang", "stopped after " seconds " s " (result == "" ? "without a verdict" : "with no end"))
    else if (bail ~ /^Bail out! host:/) trouble("host", "the host ended the guest: " substr(bail, 17))
    else if (status == "") trouble("cut", "the runner was killed")
    else if (status == 0) trouble("reset", "QEMU ended with status 0: a triple fault, a reset or a power-off")
    else if (status == 1 && !header) trouble("qemu", "QEMU did not start (exit status 1)")
    else if (status > 124 && status < 128) trouble("qemu", "QEMU cannot be run (exit status " status ")")
    else if (!(status in word_of)) trouble("qemu", "QEMU exit status " status " is no verdict")
}

# What the guest said, against what was seen.
function judge_words(    word) {
    word = substr(result, 11)
    sub(/ .*/, "", word)
    if (!header) trouble("cut", "the guest printed no TAP (exit status " status ")")
    else if (result == "") trouble("cut", "the log ends without a verdict (exit status " status ")")
    else if (contradiction != "") trouble("verdict", contradiction)
    else if (result != "# RESULT: " word " " counts()) trouble("verdict", "the results seen are " counts())
    else if (word != word_of[status]) trouble("verdict", "exit status " status " means " word_of[status])
    else if (bail != "" && word != "ERROR") trouble("verdict", "a verdict after bailing out")
    else if (bail == "" && !planned) trouble("cut", "there is no plan")
    else if (bail == "" && seen != plan) trouble("cut", seen + 0 " results for a plan of " plan)
    else if (word == "PASS" && !pass || word == "FAIL" && !fail || word ~ /PASS|SKIP/ && fail)
        trouble("verdict", "the results do not amount to " word)
    else verdict = word
}

function report_trouble(    i) {
    if (!header) say("TAP version 13")
    if (!planned) say("1.." seen + 1)
    say("not ok " ++seen " - " (running == "" ? "runner." kind : running))
    fail++
    say("# runner: " story (running == "" ? "" : " (running: " running ")"))
    if (!header) for (i = noises > 20 ? noises - 20 : 0; i < noises; i++) say("# before TAP: " noise[i])
    if (partial != "") say("# cut off: " partial)
    if (bail != "") say("# " bail)
    if (result != "") say("# guest said: " substr(result, 3))
}

BEGIN { word_of[33] = "PASS"; word_of[35] = "FAIL"; word_of[37] = "SKIP"; word_of[39] = "ERROR" }

# Only the last line can be the trailer: one that looks like it is kept until the next comes.
held != "" { guest_line(held); held = "" }
index($0, trailer) { held = $0; next }
{ guest_line($0) }

END {
    if (at = index(held, trailer)) {
        partial = substr(held, 1, at - 1)
        messages = split(substr(held, at + length(trailer)), message, "\t")
        status = message[messages--]
    }
    if (partial ~ /^# RESULT:/) { guest_line(partial); partial = "" }
    judge_end()
    if (kind == "") judge_words()
    if (kind != "") report_trouble()
    else if (bail != "") say(bail)
    for (i = 1; i <= messages; i++) if (message[i] != "") say("# qemu: " message[i])
    say(kind == "" ? result : "# RESULT: ERROR " counts())
    if (verdict == "PASS") exit 0
    if (verdict == "SKIP") exit exit_skip
    if (verdict == "FAIL") exit 1
    exit kind == "hang" ? 124 : 99
}'

# Reads the serial port's bytes and the trailer, prints well-formed TAP, exits with the verdict.
judge() {
    set -- awk
    command -v mawk >/dev/null && set -- mawk -W interactive # it would wait for a full buffer
    LC_ALL=C "$@" -v trailer="$trailer" -v seconds="$seconds" -v exit_skip="$exit_skip" "$JUDGE"
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
serial=stdio
if [ -n "$log" ]; then
    double_commas "$log"
    set -- -chardev "stdio,id=com1,signal=on,logfile=$doubled" "$@"
    serial=chardev:com1
fi
if [ -n "$gdb" ]; then
    set -- -gdb "tcp:localhost:$gdb" -S "$@"
    seconds=${seconds:-0}
    printf 'In another terminal: gdb %s -ex "target remote localhost:%s"\n' "$kernel" "$gdb" >&2
    [ "$host" = none ] || echo "Inside gdb, for the guest's names: add-symbol-file $guest" >&2
fi
seconds=${seconds:-30}
set -- -no-user-config -nodefaults -display none -monitor none -serial "$serial" -no-reboot \
    -device isa-debug-exit,iobase=0xf4,iosize=0x4 \
    -accel "$accel" -m "$memory" -kernel "$kernel" -append "$command_line" "$@"

for signal in INT TERM HUP; do
    # shellcheck disable=SC2064 # the name of now
    trap "stop $signal" "$signal"
done
run_to_the_end "$@" </dev/null | judge &
wait $!
