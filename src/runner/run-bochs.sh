#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boots the guest under Bochs, on the reference host or
# without a host, as run-qemu.sh does under QEMU: another emulation of the same CPUs, and of Intel's
# with VMX.  --help says more; src/runner/bochs.sh makes Bochs look like QEMU to the judge.

set -uf
export LC_ALL=C # lengths are in bytes

self=$0
[ ! -L "$self" ] || self=$(readlink -f -- "$self") # called by a link
case $self in */*) here=${self%/*}/../.. ;; *) here=../.. ;; esac
engine=Bochs engine_valued=' --boot --unknown-msrs '
# shellcheck source=src/runner/run.sh
. "$here/src/runner/run.sh"
lister=${root}src/runner/run-bochs.sh

usage() {
	cat <<END
Usage: $self [options] [-- BOCHS OPTIONS]

$runs the guest under Bochs, and prints its TAP stream.

  --host=ref|none      on the reference host (default), or straight on Bochs
  --boot=rom|iso       from a small ROM (default), or as a real machine does, by BIOS and GRUB:
                       slower, and with a text screen
  --cpu=MODEL          one that 'bochs --help cpu' lists (default ryzen)
  --unknown-msrs=ignore|fault
                       what becomes of an MSR that the CPU does not have (default ignore)
END
	host_usage
	common_usage ''
	cat <<END
A Bochs option is a line of bochsrc: $self -- 'cpu: count=2'.  If it has the number of
processors, guest and host are told --smp's all the same, and of none without it.
Environment: ${about_o}BOCHS, the program (bochs).
Exit status: 0 passed or skipped, 1 failed, 99 error, 124 timeout.
END
}

engine_option() { # OPTION VALUE
	case $1 in
	--boot) require_word "$@" rom iso; boot=$2 ;;
	--unknown-msrs)
		require_word "$@" ignore fault
		case $2 in ignore) ignore_msrs=1 ;; fault) ignore_msrs=0 ;; esac ;;
	esac
}

engine_flag() { return 1; }

clean_up() { rm -rf "$dir"; }

# ---- the ROM ------------------------------------------------------------------------------------

# Makes the ROM in $dir.
make_rom() { # BOCHS-OPTION...
	if [ "$host" = ref ]; then
		set -- "$build/host.elf" "mem=$mem $told$SERVICES $host_append" \
			"$build/guest.elf" "$told$ON_REF $append" -- "$@"
	else
		set -- "$build/guest.elf" "$told$append" -- "$@"
	fi
	why=$(perl "${root}src/runner/rom.pl" "$dir/rom" "$build/rom.bin" "$@" 2>&1) || die "$why"
}

# ---- the ISO ------------------------------------------------------------------------------------

CONFIG_BLOCKS=2 # the size of grub.cfg in the ISO, in blocks of 2048 bytes (boot/iso.sh)

# Sets $quoted: TEXT, split into the words that an image would find in it (src/lib/cmdline.h), each
# quoted for GRUB's shell.  GRUB gives them to the image with quotes of its own.
quote_words() { # OPTION TEXT
	case $2 in
	*[[:cntrl:]]*) die "$1: GRUB hands on no control characters: $2" ;;
	*[\'\"\\]*) take_apart "$@" ;;
	*)
		quoted=
		for word in $2; do quoted="$quoted '$word'"; done ;;
	esac
}

# The same if there are quotes or backslashes in the text.
take_apart() { # OPTION TEXT
	quoted=$(printf '%s\n' "$2" | awk -v quote="'" '
		function end_word() {
			if (is_word)
				printf " %s%s%s", quote, word, quote
			word = ""
			is_word = 0
		}
		{
			for (i = 1; i <= length($0); i++) {
				c = substr($0, i, 1)
				if (c == " " && !open) {
					end_word()
					continue
				}
				is_word = 1
				if (c == "\"") {
					open = !open
					continue
				}
				if (c == "\\" && i < length($0))
					c = substr($0, ++i, 1)
				word = word (c == quote ? quote "\\" quote quote : c)
			}
			end_word()
			exit open
		}') || die "$1: a double quote without its end: $2"
}

# Sets $config, GRUB's commands.
write_config() {
	quote_words --append "$append"
	config="multiboot /guest.elf $told$quoted"
	if [ "$host" = ref ]; then
		config="module /guest.elf $told$ON_REF$quoted"
		quote_words --host-append "$host_append"
		config="multiboot /host.elf mem=$mem $told$SERVICES$quoted
$config"
	fi
	config="$config
boot"
	[ ${#config} -lt $((CONFIG_BLOCKS * 2048)) ] ||
		die "the options are too long for GRUB: ${#config} characters," \
			"wanted less than $((CONFIG_BLOCKS * 2048))"
}

# Puts a copy of the ISO into $dir, with $config in place of its grub.cfg.  That takes 10 ms, to
# make an ISO 250 ms.  No checksum in an ISO covers what its files hold.
copy_iso() {
	offset=$(grep -abo '# paraguest: what GRUB runs' "$iso")
	offset=${offset%%:*}
	[ -n "$offset" ] || die "$iso: its grub.cfg is not that of boot/grub.cfg"
	cp "$iso" "$dir/iso" || die "cannot copy $iso to $dir"
	printf "%-$((CONFIG_BLOCKS * 2048))s" "$config" |
		dd of="$dir/iso" bs=2048 seek=$((offset / 2048)) conv=notrunc 2>"$dir/err" ||
		die "cannot write to $dir: $(cat "$dir/err")"
}

# Prints the path of the VGA's ROM: Bochs 3.0 looks for one that ends in .bin, and Debian's does
# not.
vga_rom() {
	for directory in "${BXSHARE:-/usr/share/bochs}" /usr/share/bochs /usr/local/share/bochs; do
		rom=$directory/VGABIOS-lgpl-latest
		[ ! -e "$rom.bin" ] || rom=$rom.bin
		[ ! -e "$rom" ] || break
	done
	echo "$rom"
}

# ---- all together -------------------------------------------------------------------------------

ignore_msrs=1 boot=rom dir='' bochs=${BOCHS:-bochs} iso=$build/paraguest.iso
parse_options "$@"
shift "$words"
choose_logs "$host"
cpu=${cpu:-ryzen} e9=0
case $cpu in *[!a-z0-9_]*) die "--cpu: '$cpu' is no name of a CPU model" ;; esac
case "$*" in *cpu:*count=*) choose_processors yes ;; *) choose_processors no ;; esac
[ -z "$debug_log" ] || e9=1
[ "$boot" = rom ] || write_config
for file in "$log" "$debug_log"; do
	[ -z "$file" ] || touch "$file" || die "cannot write to $file"
done
enter_project
if [ "$boot" = rom ]; then
	build images "$build/rom.bin" "$build/host.elf" "$build/guest.elf"
else
	build iso "$iso"
fi

trap_signals
trap clean_up EXIT
dir=$(new_directory) || exit 99
# Bochs wants a display: rfb is a VNC server, at a free port from 5900 on, to which nobody connects.
# Emulated time is counted in instructions: with the lowest rate (ips) delays are short.
no_reset=reset_on_triple_fault=0
set -- "log: $dir/log" 'config_interface: textconfig' \
	'display_library: rfb, options="timeout=0"' 'plugin_ctrl: speaker=0' \
	"cpu: count=$smp, model=$cpu, ips=1000000, ignore_bad_msrs=$ignore_msrs, $no_reset" \
	"memory: guest=$memory, host=$((memory < 2048 ? memory : 2048))" \
	"vgaromimage: file=$(vga_rom)" "port_e9_hack: enabled=$e9" \
	'panic: action=fatal' 'error: action=report' 'info: action=ignore' \
	'debug: action=ignore, unmapped=report' "$@"
if [ "$boot" = rom ]; then
	make_rom "$@"
	set -- "romimage: file=$dir/rom" "$@"
else
	copy_iso
	set -- 'boot: cdrom' "ata0-master: type=cdrom, path=$dir/iso, status=inserted" "$@"
fi
run_and_judge sh "${root}src/runner/bochs.sh" "$bochs" "$dir" "$cpu" \
	"${debug_log:+$DEBUG_LOG}" "$@"
