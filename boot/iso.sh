#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# boot/iso.sh HOST GUEST ISO: makes an ISO with GRUB and the two images, for a CD or a USB stick and
# machines with a BIOS or UEFI.  The same images make the same ISO, byte for byte: it has only one
# date.
#
# A BIOS loads GRUB's core from the CD's boot record or the stick's first sector.  UEFI loads GRUB
# from a FAT file system, after the ISO's own: an entry of the CD's boot catalog and a partition of
# the stick, by a partition table of the MBR's kind, in which no partition overlaps another.
set -eu

[ $# -eq 3 ] || {
	echo "$0: wanted three arguments: HOST GUEST ISO" >&2
	exit 1
}
export LC_ALL=C TZ=UTC
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1167955200}" # January 2007, as the ABI
date=$(date -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d-%H-%M-%S-00) # to GRUB, the UUID of the ISO

# Without the half of this there could be an ISO for the half of the machines: but its name would
# promise more.
platforms=/usr/lib/grub
bios=$platforms/i386-pc efi=$platforms/x86_64-efi missing=''
mkrescue=$(command -v grub-mkrescue || command -v grub2-mkrescue) || missing=' grub-mkrescue'
mkimage=$(command -v grub-mkimage || command -v grub2-mkimage) || missing="$missing grub-mkimage"
for program in xorriso mformat mmd mcopy; do
	command -v "$program" >/dev/null || missing="$missing $program"
done
for directory in "$bios" "$efi"; do [ -d "$directory" ] || missing="$missing $directory"; done
[ -z "$missing" ] || {
	echo "$0: not here:$missing (./run-qemu.sh --deps installs what is missing)" >&2
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

# For UEFI: GRUB in one file, with all modules that it needs, which finds the ISO and its grub.cfg.
# The serial number is 0; mtools takes the time from SOURCE_DATE_EPOCH, its options from nowhere.
export HOME="$stage" MTOOLSRC=/dev/null
make_efi() {
	printf 'search.fs_uuid %s root\nset prefix=(%s)/boot/grub\n' "$date" "\$root" \
		>"$stage/efi.cfg" &&
	"$mkimage" -d "$efi" -O x86_64-efi -p /boot/grub -c "$stage/efi.cfg" \
		-o "$stage/bootx64.efi" \
		boot efi_gop iso9660 multiboot2 normal part_msdos search_fs_uuid test &&
	mformat -C -i "$stage/efi.img" -f 1440 -N 0 :: &&
	mmd -i "$stage/efi.img" ::/EFI ::/EFI/BOOT &&
	mcopy -i "$stage/efi.img" "$stage/bootx64.efi" ::/EFI/BOOT/BOOTX64.EFI
}

# For a BIOS: decompressing GRUB takes 500 instructions a byte, and GRUB copies files byte by byte.
# With only the modules that are needed, and no symbols, an emulated machine boots in half the time.
make_iso() {
	"$mkrescue" -d "$bios" --install-modules='multiboot normal test' --modules= --locales= \
		--fonts= --themes= -o "$stage/out.iso" "$stage/iso" \
		-append_partition 2 0xef "$stage/efi.img" -eltorito-alt-boot \
		-e --interval:appended_partition_2:all:: -no-emul-boot -- -volid PARAGUEST \
		-volume_date uuid "$(echo "$date" | tr -d -)" \
		-volume_date all_file_dates "=$SOURCE_DATE_EPOCH" \
		-volume_date c "=$SOURCE_DATE_EPOCH"
}

{ make_efi && make_iso; } >"$stage/log" 2>&1 || {
	cat "$stage/log" >&2
	exit 1
}
# In one step, for another make may work in the same directory.
cp "$stage/out.iso" "$3.$$" && mv -f "$3.$$" "$3"
