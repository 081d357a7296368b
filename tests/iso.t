#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The ISO is the same wherever it is built, and boots from CD and USB.  GRUB, unlike QEMU's loader,
# puts no path into the command line.
. tests/tap.sh

if ! grub_is_here; then
	skip 'GRUB' "$no_grub"
	finish
	exit
fi

# ---- the same bytes wherever it is built --------------------------------------------------------

# build TREE OUTPUT UMASK ZONE: builds the ISO in a copy of the sources.
build() {
	mkdir -p "$1"
	cp -R boot src tests linker.ld Makefile VERSION "$1/"
	(cd "$1" && umask "$3" && TZ=$4 make -s O="$2" CC="${CC:-gcc}" iso) >"$2.log" 2>&1 ||
		sed 's/^/# /' "$2.log"
}

build "$tmp/a" "$tmp/a-out" 022 UTC &
sleep 3 # for other times in the files
build "$tmp/another/tree" "$tmp/other-out" 077 Asia/Tokyo
wait
for file in host.elf guest.elf paraguest.iso; do
	cmp "$tmp/a-out/$file" "$tmp/other-out/$file" 2>&1 | sed 's/^/# /'
	cmp -s "$tmp/a-out/$file" "$tmp/other-out/$file"
	ok $? "$file: built twice, the same bytes"
done
SOURCE_DATE_EPOCH=1000000000 boot/iso.sh "$O/host.elf" "$O/guest.elf" "$tmp/date.iso"
xorriso -indev "$tmp/date.iso" -pvd_info >"$tmp/pvd" 2>&1
has "$tmp/pvd" '^Creation Time: 2001090901464000' 'SOURCE_DATE_EPOCH is its date'
boot/iso.sh "$O/host.elf" "$O/guest.elf" "$tmp/none/iso" 2>"$tmp/err"
is $? 1 'an ISO that cannot be written: an error'
has "$tmp/err" "$tmp/none/iso" 'an ISO that cannot be written: says where'
boot/iso.sh "$O/host.elf" "$tmp/none.elf" "$tmp/iso" 2>"$tmp/err"
is $? 1 'an image that is not there: an error'
has "$tmp/err" "$tmp/none.elf" 'an image that is not there: says which'
boot/iso.sh "$O/host.elf" "$tmp/iso" 2>"$tmp/err"
is $? 1 'an argument too few: an error'
has "$tmp/err" 'wanted three arguments: HOST GUEST ISO' 'an argument too few: says what was wanted'
mkdir "$tmp/bin"
ln -s "$(command -v date)" "$tmp/bin/"
PATH=$tmp/bin /bin/sh boot/iso.sh "$O/host.elf" "$O/guest.elf" "$tmp/iso" 2>"$tmp/err"
is $? 1 'no grub-mkrescue: an error'
has "$tmp/err" 'there is no grub-mkrescue here' 'no grub-mkrescue: says so'

# ---- it boots -----------------------------------------------------------------------------------

# boot NAME QEMU-OPTION...: boots a PC under TCG; the serial output goes to $tmp/NAME.
boot() {
	name=$1
	shift
	timeout 60 qemu-system-x86_64 -cpu max -m 64 -nodefaults -display none -no-reboot \
		-serial "file:$tmp/$name" -device isa-debug-exit,iobase=0xf4,iosize=0x4 "$@" \
		</dev/null 2>"$tmp/$name.err"
}

make -s O="$O" iso >&2
boot cd -cdrom "$O/paraguest.iso" &
boot usb -usb -device usb-ehci \
	-drive "if=none,id=stick,readonly=on,format=raw,file=$O/paraguest.iso" \
	-device usb-storage,drive=stick
is $? 33 'from a USB stick: exit status PASS'
wait $!
is $? 33 'from a CD: exit status PASS'
has "$tmp/usb" '^# RESULT: PASS ' 'from a USB stick: all pass'
has "$tmp/cd" '^# RESULT: PASS ' 'from a CD: all pass'

# ---- other commands for GRUB --------------------------------------------------------------------

mkdir "$tmp/boot"
cp boot/iso.sh "$tmp/boot/"
cat >"$tmp/boot/grub.cfg" <<'END'
multiboot /guest.elf seed=7 only=probe.*
boot
END
"$tmp/boot/iso.sh" "$O/host.elf" "$O/guest.elf" "$tmp/alone.iso"
boot alone -cdrom "$tmp/alone.iso"
is $? 37 'GRUB boots the guest: exit status SKIP'
has "$tmp/alone" '^TAP version 13' 'GRUB boots the guest: it prints a stream'
has "$tmp/alone" '^# seed: 0x7' 'GRUB boots the guest: with its options'
lacks "$tmp/alone" '^# image:' 'GRUB boots the guest: without a path'
finish
