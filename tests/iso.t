#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The ISO has the date that it is told (tests/environment.t has that it is the same wherever it is
# built), and boots from CD, disk and USB, by BIOS and UEFI.
# GRUB, unlike QEMU's loader, puts no path into the command line.
. tests/tap.sh
. tests/boots.sh

if ! grub_is_here; then
	skip 'GRUB' "$no_grub"
	cannot_boot_any
	finish
	exit
fi

# ---- how it is made -----------------------------------------------------------------------------

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

# ---- what is missing is named -------------------------------------------------------------------

mkdir "$tmp/bin"
for program in date dirname xorriso mmd grub-mkrescue; do
	ln -s "$(command -v $program)" "$tmp/bin/"
done
sed 's,^platforms=.*,platforms=/none,' boot/iso.sh >"$tmp/iso.sh"
PATH=$tmp/bin /bin/sh "$tmp/iso.sh" "$O/host.elf" "$O/guest.elf" "$tmp/iso" 2>"$tmp/err"
is $? 1 'tools that are not here: an error'
missing='grub-mkimage mformat mcopy /none/i386-pc /none/x86_64-efi'
has "$tmp/err" ": not here: $missing \\(./run-qemu.sh --deps" \
	'tools that are not here: it names them'
is "$(ls "$tmp/iso" 2>/dev/null)" '' 'tools that are not here: no ISO'

# ---- it boots -----------------------------------------------------------------------------------

make -s O="$O" iso >&2
# On a busy machine GRUB's clock can be far wrong: its two seconds were once a minute.
perl -pe 's/^set timeout=2$/set timeout=0/' "$O/paraguest.iso" >"$tmp/menu.iso"
! cmp -s "$O/paraguest.iso" "$tmp/menu.iso"
ok $? 'a copy without a delay'

# start NAME QEMU-OPTION...: boots a PC under TCG; the serial output goes to $tmp/NAME.
start() {
	name=$1
	shift
	(
		timeout 300 qemu-system-x86_64 -cpu max -m 256 -nodefaults -display none -no-reboot \
			-serial "file:$tmp/$name" -device isa-debug-exit,iobase=0xf4,iosize=0x4 "$@" \
			</dev/null 2>"$tmp/$name.err"
		echo $? >"$tmp/$name.status"
	) &
}

# passed NAME WHAT ROW: the run of that name passed; ROW: the table's.
passed() {
	is "$(cat "$tmp/$1.status")" 33 "$2: exit status PASS"
	has "$tmp/$1" '^# RESULT: PASS ' "$2: all pass"
	boots "$3" '' "$(verdict "$tmp/$1")"
}

disk=format=raw,snapshot=on,file=$tmp/menu.iso
start cd -cdrom "$tmp/menu.iso"
start disk -drive "$disk"
wait
start usb -usb -device usb-ehci -drive "if=none,id=stick,$disk" -device usb-storage,drive=stick
if ovmf_is_here; then
	# Of the disk UEFI might boot what is for CDs, too; of this copy it can't.
	perl -0777 -pe 's/EL TORITO/xx TORITO/ or die' "$tmp/menu.iso" >"$tmp/partition.iso"
	# shellcheck disable=SC2086 # words
	start uefi-cd $ovmf -cdrom "$tmp/menu.iso"
	# shellcheck disable=SC2086
	start uefi-disk $ovmf -M q35 -smp 2 -drive "format=raw,snapshot=on,file=$tmp/partition.iso"
fi
wait
passed cd 'from a CD' 'multiboot 1, ISO as CD | SeaBIOS, pc | QEMU'
passed disk 'from a disk' 'multiboot 1, ISO as disk | SeaBIOS, pc | QEMU'
passed usb 'from a USB stick' 'multiboot 1, ISO as USB stick | SeaBIOS, pc | QEMU'
cd='multiboot 2, ISO as CD | OVMF, pc | QEMU' disk='multiboot 2, ISO as disk | OVMF, q35 | QEMU'
if ovmf_is_here; then
	passed uefi-cd 'UEFI, from a CD' "$cd"
	passed uefi-disk 'UEFI, from a disk' "$disk"
	has "$tmp/uefi-disk" '^ok [0-9]* - vcpu\.start$' 'UEFI: the second processor, too'
else
	cannot_boot 'no OVMF here' "$cd"
	cannot_boot 'no OVMF here' "$disk"
fi

# ---- other commands for GRUB --------------------------------------------------------------------

mkdir "$tmp/boot"
cp boot/iso.sh "$tmp/boot/"
cat >"$tmp/boot/grub.cfg" <<'END'
multiboot /guest.elf seed=7 only=probe.*
boot
END
"$tmp/boot/iso.sh" "$O/host.elf" "$O/guest.elf" "$tmp/alone.iso"
start alone -cdrom "$tmp/alone.iso"
wait
is "$(cat "$tmp/alone.status")" 37 'GRUB boots the guest: exit status SKIP'
has "$tmp/alone" '^TAP version 13' 'GRUB boots the guest: it prints a stream'
has "$tmp/alone" '^# seed: 0x7' 'GRUB boots the guest: with its options'
lacks "$tmp/alone" '^# image:' 'GRUB boots the guest: without a path'

disk='multiboot 1, ISO as disk | BIOS | Bochs'
if bochs_is_here; then
	truncate -s %516096 "$tmp/alone.iso" # whole cylinders
	size=$(wc -c <"$tmp/alone.iso")
	tests/run-bochs.sh --boot=iso --host=none -- 'boot: disk' "ata0-master: type=disk, \
		path=$tmp/alone.iso, cylinders=$((size / 516096)), heads=16, spt=63" \
		>"$tmp/bochs" 2>"$tmp/err"
	is $? 0 'Bochs, from a disk: exit status'
	has "$tmp/bochs" '^# seed: 0x7$' "Bochs, from a disk: the guest, with GRUB's options"
	boots "$disk" "$(verdict "$tmp/bochs")" ''
else
	cannot_boot 'no bochs is here' "$disk"
fi
boots_documented
finish
