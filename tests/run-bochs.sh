#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boots the guest under Bochs, on the reference host or alone, as run-qemu.sh does under QEMU: another
# emulation of the same CPUs, and of CPUs that QEMU has none of.  --help tells the rest.
#
# Bochs always exits with 1.  What the guest wrote to the port that makes QEMU's exit status is in
# Bochs's log instead, and becomes that status for the judge.

set -uf

case $0 in */*) here=${0%/*}/.. ;; *) here=.. ;; esac
engine=Bochs engine_valued=' --unknown-msrs ' build=${O:-build}
# shellcheck source=tests/run.sh
. "$here/tests/run.sh"

usage() {
    cat <<'END'
Usage: tests/run-bochs.sh [options] [-- BOCHS OPTIONS]

Builds what is out of date, runs the guest under Bochs, and prints its TAP stream.

  --host=ref|none      on the reference host (default), or straight on Bochs
  --cpu=MODEL          one that 'bochs --help cpu' lists (default ryzen)
  --unknown-msrs=ignore|fault
                       what becomes of an MSR that the CPU does not have (default ignore)
END
    common_usage ''
    cat <<'END'
A Bochs option is a line of bochsrc: tests/run-bochs.sh -- 'cpu: count=2'.
Environment: O, the build directory (default build); BOCHS, the program (bochs).
Exit status: 0 passed or skipped, 1 failed, 99 error, 124 timeout.
END
}

engine_option() { # OPTION VALUE
    require_word "$@" ignore fault
    case $2 in ignore) ignore_msrs=1 ;; fault) ignore_msrs=0 ;; esac
}

engine_flag() { return 1; }

clean_up() { rm -rf "$dir"; }

# ---- the ISO ------------------------------------------------------------------------------------

CONFIG_SIZE=4096 # what boot/iso.sh makes of boot/grub.cfg

# Sets $quoted: GRUB takes each word as it is, and hands the words on with one space between them.
quote_words() { # OPTION TEXT
    case $2 in
    *[\'\"\\]* | *[[:cntrl:]]*) die "$1: GRUB hands on no quotes, backslashes or control characters: $2" ;;
    esac
    quoted=
    for word in $2; do quoted="$quoted '$word'"; done
}

# A copy of the ISO with GRUB's commands of this run: nothing in an ISO depends on what is in a file.
write_iso() { # COMMANDS
    [ ${#1} -le $CONFIG_SIZE ] || die "the options are too long: wanted less than $CONFIG_SIZE characters"
    offset=$(LC_ALL=C grep -abo '# paraguest: what GRUB runs' "$iso")
    offset=${offset%%:*}
    [ -n "$offset" ] || die "$iso has no grub.cfg that can be replaced"
    {
        head -c "$offset" "$iso"
        printf "%-${CONFIG_SIZE}s" "$1"
        tail -c +$((offset + CONFIG_SIZE + 1)) "$iso"
    } >"$dir/iso" || die "cannot write to $dir"
}

# ---- Bochs --------------------------------------------------------------------------------------

# The log has "unmapped: 8-bit write to 00f4 = 10" where QEMU's isa-debug-exit would have been.
exit_status() { # STATUS-OF-BOCHS: sets $status
    status=$1
    case $status in 124 | 126 | 127 | 137) return ;; esac
    code=$(sed -n 's/.*unmapped: 8-bit write to 00f4 = \([0-9a-f]*\)$/\1/p' "$dir/log" | tail -n 1)
    if grep -q '>>PANIC<< Shutdown port: shutdown requested' "$dir/log"; then
        status=$((0x${code:-0} << 1 | 1))
    elif grep -q '>>PANIC<<.*exception.*no resolution' "$dir/log"; then
        status=0
    fi
}

# The debugger that Debian compiles in wants a command before it starts the machine.
run_bochs() { # BOCHS-OPTION...
    echo c | timeout --foreground -k 2 "$seconds" "$bochs" -q -f /dev/null "$@" >"$dir/out" 2>"$dir/err"
    exit_status $?
    cat "$dir/serial" 2>/dev/null
    messages=$(cat "$dir/log" "$dir/err" 2>/dev/null | sed -n '/Shutdown port/d; s/^[0-9]*p//p; s/^0*e//p')
    end_stream "$status" "$messages"
}

# ---- all together -------------------------------------------------------------------------------

ignore_msrs=1 bochs=${BOCHS:-bochs}
parse_options "$@"
shift "$words"
cd "$here" || die "cannot enter $here"
[ "$deps" = no ] || install_missing
seconds=${seconds:-30} memory=$mem iso=$build/paraguest.iso
quote_words --append "$append"
if [ "$host" = ref ]; then
    guest_words=$quoted memory=$((mem + HOST_MIB))
    quote_words --host-append "$host_append"
    config="multiboot /host.elf mem=$mem $ECHO$quoted
module /guest.elf $ECHO$guest_words
boot"
else
    config="multiboot /guest.elf$quoted
boot"
fi
build "$iso"

dir=$(mktemp -d) || exit 99
trap clean_up EXIT
write_iso "$config"
run_and_judge run_bochs 'config_interface: textconfig' 'display_library: rfb, options="timeout=0"' \
    'plugin_ctrl: speaker=0' "cpu: model=${cpu:-ryzen}, ips=1000000, ignore_bad_msrs=$ignore_msrs, reset_on_triple_fault=0" \
    "memory: guest=$memory, host=$memory" "ata0-master: type=cdrom, path=$dir/iso, status=inserted" \
    'boot: cdrom' "com1: enabled=1, mode=file, dev=$dir/serial" 'port_e9_hack: enabled=1' \
    'panic: action=fatal' 'error: action=report' 'info: action=ignore' \
    'debug: action=ignore, unmapped=report' "log: $dir/log" "$@"
