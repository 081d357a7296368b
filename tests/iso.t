#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Through GRUB from a CD: another loader, with its information elsewhere and no path in the command line.
. tests/tap.sh

if [ ! -d /usr/lib/grub/i386-pc ] || ! command -v grub-mkrescue xorriso >/dev/null; then
	skip 'GRUB' 'no grub-mkrescue for i386-pc here'
	finish
	exit
fi

# boot NAME: boots the images with the commands of standard input, under plain TCG, to $tmp/NAME.
boot() {
	mkdir -p "$tmp/$1.dir/boot/grub"
	cp "$O/guest.elf" "$O/host.elf" "$tmp/$1.dir/"
	cat >"$tmp/$1.dir/boot/grub/grub.cfg"
	grub-mkrescue -d /usr/lib/grub/i386-pc --install-modules='multiboot normal' --modules=multiboot \
		--locales= --fonts= --themes= -o "$tmp/$1.iso" "$tmp/$1.dir" >"$tmp/$1.log" 2>&1
	timeout 60 qemu-system-x86_64 -cpu max -m 64 -nodefaults -display none -no-reboot \
		-serial "file:$tmp/$1" -device isa-debug-exit,iobase=0xf4,iosize=0x4 \
		-cdrom "$tmp/$1.iso" -boot d </dev/null 2>"$tmp/$1.err"
}

boot alone <<'END'
multiboot /guest.elf seed=7 only=probe.*
boot
END
is $? 37 'GRUB boots the guest: exit status SKIP'
has "$tmp/alone" '^TAP version 13' 'it speaks'
has "$tmp/alone" '^# seed: 0x7' 'with its options'
lacks "$tmp/alone" '^# image:' 'no path stands before them'

boot hosted <<'END'
multiboot /host.elf echo=0x6563686f
module /guest.elf echo=0x6563686f
boot
END
is $? 33 'GRUB boots host and guest: exit status PASS'
has "$tmp/hosted" '^# RESULT: PASS ' 'all pass'
finish
