#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# boot/iso.sh HOST GUEST ISO: the two images behind GRUB, as a CD or a USB stick for machines with a BIOS.
# The same images make the same ISO, byte for byte: every date in it is one and the same.
#
# GRUB's own core is decompressed at 500 instructions a byte, and files are copied byte by byte: with as few
# modules as will do and no symbols, an emulated machine is through in half the time.
set -eu

[ $# -eq 3 ] || {
	echo "$0: wanted three arguments: HOST GUEST ISO" >&2
	exit 1
}
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1167955200}" # the ABI is of January 2007
uuid=$(date -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S00)
mkrescue=$(command -v grub-mkrescue || command -v grub2-mkrescue) || {
	echo "$0: there is no grub-mkrescue here: ./run-qemu.sh --deps installs it" >&2
	exit 1
}

unset CDPATH GREP_OPTIONS POSIXLY_CORRECT
# GRUB and xorriso make files there, too, and take some names apart.
case ${TMPDIR:-/tmp} in [!/]* | *[!A-Za-z0-9_./+@-]*) export TMPDIR=/tmp ;; esac
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$stage/iso/boot/grub"
${STRIP:-strip} -o "$stage/iso/host.elf" "$1"
${STRIP:-strip} -o "$stage/iso/guest.elf" "$2"

# tests/run-bochs.sh writes other commands over a copy of this file, which is long enough for any.
printf '%-4095s\n' "$(cat "${0%/*}/grub.cfg")" >"$stage/iso/boot/grub/grub.cfg"

find "$stage/iso" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
"$mkrescue" -d /usr/lib/grub/i386-pc --install-modules='multiboot normal' --modules= --locales= --fonts= \
	--themes= -o "$stage/out.iso" "$stage/iso" -- -volid PARAGUEST -volume_date uuid "$uuid" \
	-volume_date all_file_dates "=$SOURCE_DATE_EPOCH" -volume_date c "=$SOURCE_DATE_EPOCH" \
	>"$stage/log" 2>&1 || {
	cat "$stage/log" >&2
	exit 1
}
# Whole at once: another make may work in the same directory.
cp "$stage/out.iso" "$3.$$" && mv -f "$3.$$" "$3"
