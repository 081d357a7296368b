#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# boot/iso.sh HOST GUEST ISO: makes an ISO with GRUB and the two images, for a CD or a USB stick and
# machines with a BIOS.  The same images make the same ISO, byte for byte: it has only one date.
#
# Decompressing GRUB takes 500 instructions a byte, and GRUB copies files byte by byte: with only
# the modules that are needed, and no symbols, an emulated machine boots in half the time.
set -eu

[ $# -eq 3 ] || {
	echo "$0: wanted three arguments: HOST GUEST ISO" >&2
	exit 1
}
export LC_ALL=C TZ=UTC
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1167955200}" # January 2007, as the ABI
uuid=$(date -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S00)
mkrescue=$(command -v grub-mkrescue || command -v grub2-mkrescue) || {
	echo "$0: there is no grub-mkrescue here: ./run-qemu.sh --deps installs it" >&2
	exit 1
}

unset CDPATH GREP_OPTIONS POSIXLY_CORRECT
# GRUB and xorriso make files there, too, and some characters are special to them.
case ${TMPDIR:-/tmp} in [!/]* | *[!A-Za-z0-9_./+@-]*) export TMPDIR=/tmp ;; esac
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$stage/iso/boot/grub"
${STRIP:-strip} -o "$stage/iso/host.elf" "$1"
${STRIP:-strip} -o "$stage/iso/guest.elf" "$2"

# The size is for src/runner/run-bochs.sh, which writes other commands over this file in a copy.
printf '%-4095s\n' "$(cat "${0%/*}/grub.cfg")" >"$stage/iso/boot/grub/grub.cfg"

find "$stage/iso" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
"$mkrescue" -d /usr/lib/grub/i386-pc --install-modules='multiboot normal' --modules= --locales= \
	--fonts= --themes= -o "$stage/out.iso" "$stage/iso" -- -volid PARAGUEST \
	-volume_date uuid "$uuid" -volume_date all_file_dates "=$SOURCE_DATE_EPOCH" \
	-volume_date c "=$SOURCE_DATE_EPOCH" >"$stage/log" 2>&1 || {
	cat "$stage/log" >&2
	exit 1
}
# In one step, for another make may work in the same directory.
cp "$stage/out.iso" "$3.$$" && mv -f "$3.$$" "$3"
