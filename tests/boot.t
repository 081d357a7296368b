#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each boot protocol and its loaders.  Some loaders prefer one to another, so each is tested by a
# copy of the image that has only this one.
. tests/tap.sh
. tests/boots.sh

[ -s "$O/guest.elf" ] || make -s O="$O" images >&2 || exit 1
qemu=${QEMU:-qemu-system-x86_64}

# only PROTOCOL IMAGE COPY: copies the image without the headers of the other protocols.
only() {
	protocol=$1
	perl -0777 -pe '
		BEGIN { $only = shift }
		my %mark = (multiboot => pack("V", 0x1badb002),
			multiboot2 => pack("V", 0xe85250d6),
			pvh => pack("V3", 4, 8, 18) . "Xen\0");
		for my $other (grep { $_ ne $only } keys %mark) {
			my $mark = $mark{$other};
			s/\Q$mark\E/"\0" x length($mark)/e or die "no header of $other\n";
		}
	' "$protocol" <"$2" >"$3"
}

# boot WORD...: boots a PC with these options of QEMU; its serial output goes to $tmp/out.
boot() {
	without_device -device isa-debug-exit,iobase=0xf4,iosize=0x4 "$@"
}
without_device() {
	timeout 300 "$qemu" -cpu max -m 64 -nodefaults -display none -no-reboot -serial stdio "$@" \
		</dev/null >"$tmp/out" 2>"$tmp/err"
}

# ended GOT-STATUS STATUS PATTERN NAME: the run ended with STATUS, and $tmp/out has a line that
# matches PATTERN and one verdict.
ended() {
	[ "$1" = "$2" ] && grep -Eq -e "$3" "$tmp/out" &&
		[ "$(grep -c '^# RESULT: ' "$tmp/out")" = 1 ]
	ok $? "$4" || {
		echo "# wanted: exit status $2, and a line: $3"
		sed "s/^/# got $1: /" "$tmp/out" "$tmp/err" | tail -n 20
	}
}

alone='only=probe.presence seed=7'

# ---- QEMU ---------------------------------------------------------------------------------------

# by_qemu PROTOCOL NAME MACHINE FIRMWARE QEMU-WORD...: the guest alone, and on the reference host.
by_qemu() {
	protocol=$1 row="$2, QEMU | $4, $3 | QEMU" machine=$3
	shift 4
	only "$protocol" "$O/guest.elf" "$tmp/guest.elf"
	only "$protocol" "$O/host.elf" "$tmp/host.elf"
	boot -M "$machine" "$@" -kernel "$tmp/guest.elf" -append "$alone"
	ended $? 37 '^# seed: 0x7$' "$row: the guest"
	guest=$(verdict "$tmp/out")
	case $protocol in
	multiboot) has "$tmp/out" '^# image: .*/guest.elf$' "$row: its path before its options" ;;
	pvh) lacks "$tmp/out" '^# image:' "$row: no path before its options" ;;
	esac
	case $protocol in
	multiboot) set -- "$@" -initrd "$O/guest.elf $alone" -append mem=20 ;;
	pvh) set -- "$@" -initrd "$O/guest.elf" -append "mem=20 -- $alone" ;;
	esac
	boot -M "$machine" "$@" -kernel "$tmp/host.elf"
	ended $? 33 '^# seed: 0x7$' "$row: the host and its guest"
	boots "$row" "$guest" "$(verdict "$tmp/out")"
}

readelf -nW "$O/guest.elf" 2>/dev/null | grep -A 2 'Xen .*0x00000008' | grep -q 'type: (0x00000012)'
ok $? 'the image has the note'
for machine in pc q35; do
	by_qemu multiboot 'multiboot 1' "$machine" SeaBIOS
	by_qemu pvh PVH "$machine" SeaBIOS
	by_qemu pvh PVH "$machine" qboot -bios qboot.rom
done
by_qemu multiboot 'multiboot 1' microvm qboot # its default
by_qemu pvh PVH microvm qboot
boot -kernel "$O/guest.elf" -append "$alone"
ended $? 37 '^# image: .*/guest.elf$' 'QEMU prefers multiboot 1'

# ---- PVH ----------------------------------------------------------------------------------------

pvh() { # LINE: boots the host with it
	boot -M pc -bios qboot.rom -kernel "$tmp/host.elf" -initrd "$O/guest.elf" -append "$1"
}
pvh "-- $alone"
ended $? 33 '^# seed: 0x7$' 'the host has no options'
pvh "mem=20 --"
ended $? 33 '^1\.\.[0-9]{2,}$' 'the guest has no options'
pvh "mem=20 -- $alone --"
ended $? 39 "^Bail out! unknown option '--'$" 'a second -- is an option of the guest'
pvh "mem=20--"
ended $? 39 "host: option 'mem' wants .* got '20--'$" '-- is a word of its own'
pvh "mem=20 --x"
ended $? 39 "host: unknown option '--x'$" 'and no part of one'
pvh "$(printf '%1016s' '') -- $alone"
ended $? 39 'host: command line too long: wanted less than 1024 characters$' \
	'both together have one limit'
boot -M pc -bios qboot.rom -kernel "$tmp/host.elf" -append "mem=20 -- $alone"
ended $? 39 "host: unknown option '--'$" 'without a module -- is an option'
boot -M pc -bios qboot.rom -kernel "$tmp/host.elf" -append mem=20
ended $? 39 "host: no module: wanted the guest's image as the first one$" 'no module'
boot -M pc -bios qboot.rom -kernel "$tmp/host.elf" -initrd "$O/guest.elf" -smp 2 \
	-append 'mem=20 cpus=2 -- only=probe.presence,vcpu.start cpus=2'
ended $? 33 '^# RESULT: PASS pass=2 ' 'two vCPUs'

# Without a device that ends the machine: isapc has a keyboard controller, such a microvm nothing.
for machine in isapc microvm,acpi=off; do
	without_device -M $machine -kernel "$tmp/guest.elf" -append "$alone"
	ended $? 0 '^# RESULT: SKIP ' "PVH, no exit device, $machine: the guest ends all the same"
	lacks "$tmp/out" 'no exit device' "PVH, no exit device, $machine: and is not said to halt"
	without_device -M $machine -kernel "$tmp/host.elf" -initrd "$O/guest.elf" \
		-append "mem=20 -- $alone"
	ended $? 0 '^# RESULT: PASS ' "PVH, no exit device, $machine: host and guest end"
	without_device -M $machine -kernel "$tmp/host.elf" -append mem=20
	ended $? 0 '^# RESULT: ERROR ' "PVH, no exit device, $machine: a host without a guest ends"
done

# ---- multiboot 2 --------------------------------------------------------------------------------

mkdir -p "$tmp/iso/boot/grub"
only multiboot2 "$O/guest.elf" "$tmp/iso/guest.elf"
only multiboot2 "$O/host.elf" "$tmp/iso/host.elf"
cp "$O/guest.elf" "$tmp/iso/module.elf"

# grub PLATFORM-DIRECTORY COMMAND QEMU-WORD...: boots an ISO on which GRUB does that.
grub() {
	printf '%b\nboot\n' "$2" >"$tmp/iso/boot/grub/grub.cfg"
	grub-mkrescue -d "$1" -o "$tmp/grub.iso" "$tmp/iso" >"$tmp/log" 2>&1 || sed 's/^/# /' "$tmp/log"
	shift 2
	boot -cdrom "$tmp/grub.iso" "$@"
}

# grub_boots ROW PLATFORM QEMU-WORD...
grub_boots() {
	row=$1 directory=/usr/lib/grub/$2
	shift 2
	grub "$directory" "multiboot2 /guest.elf $alone" "$@"
	ended $? 37 '^# seed: 0x7$' "$row: the guest"
	guest=$(verdict "$tmp/out")
	lacks "$tmp/out" '^# image:' "$row: no path before its options"
	grub "$directory" "multiboot2 /host.elf mem=20\nmodule2 /module.elf $alone" "$@"
	ended $? 33 '^# seed: 0x7$' "$row: the host and its guest"
	boots "$row" "$guest" "$(verdict "$tmp/out")"
}

bios='multiboot 2, GRUB | SeaBIOS, pc | QEMU' uefi='multiboot 2, GRUB | OVMF, pc | QEMU'
if grub_is_here; then
	grub_boots "$bios" i386-pc
	grub /usr/lib/grub/i386-pc 'multiboot2 /host.elf mem=20'
	ended $? 39 "host: no module: wanted the guest's image as the first one$" \
		'multiboot 2: no module'
	long=$(printf %01024d 0)
	grub /usr/lib/grub/i386-pc "multiboot2 /guest.elf $long"
	ended $? 39 'Bail out! command line too long: wanted less than 1024 characters$' \
		'multiboot 2: a long command line'
else
	cannot_boot "$no_grub" "$bios"
fi
if grub_is_here && ovmf_is_here; then
	# shellcheck disable=SC2086 # words
	grub_boots "$uefi" x86_64-efi $ovmf -m 256
else
	cannot_boot "no OVMF, or $no_grub" "$uefi"
fi

# ---- others that load by multiboot 1 ------------------------------------------------------------

mkdir -p "$tmp/others/isolinux"
only multiboot "$O/guest.elf" "$tmp/others/guest.elf"
only multiboot "$O/host.elf" "$tmp/others/host.elf"
cp "$O/guest.elf" "$tmp/others/module.elf"

# two ROW COMMAND: COMMAND boots the guest if it gets 'alone', and the host if it gets 'host'.
two() {
	$2 alone
	ended $? 37 '^# seed: 0x7$' "$1: the guest"
	guest=$(verdict "$tmp/out")
	$2 host
	ended $? 33 '^# seed: 0x7$' "$1: the host and its guest"
	boots "$1" "$guest" "$(verdict "$tmp/out")"
}

# QEMU's network cards have iPXE in their ROM.
ipxe() {
	case $1 in
	alone) printf '#!ipxe\nkernel guest.elf %s\nboot\n' "$alone" ;;
	host) printf '#!ipxe\nkernel host.elf mem=20\nmodule module.elf %s\nboot\n' "$alone" ;;
	esac >"$tmp/others/script"
	boot -netdev "user,id=net,tftp=$tmp/others,bootfile=script" -device virtio-net-pci,netdev=net
}
two 'multiboot 1, iPXE | SeaBIOS, pc | QEMU' ipxe

isolinux() {
	case $1 in
	alone) line="/guest.elf $alone" ;;
	host) line="/host.elf mem=20 --- /module.elf $alone" ;;
	esac
	printf 'default x\nlabel x\nkernel mboot.c32\nappend %s\n' "$line" \
		>"$tmp/others/isolinux/isolinux.cfg"
	xorriso -as mkisofs -quiet -o "$tmp/isolinux.iso" -b isolinux/isolinux.bin \
		-c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
		"$tmp/others" 2>"$tmp/log" || sed 's/^/# /' "$tmp/log"
	boot -cdrom "$tmp/isolinux.iso"
}
row='multiboot 1, isolinux | SeaBIOS, pc | QEMU'
if cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 \
	/usr/lib/syslinux/modules/bios/libcom32.c32 /usr/lib/syslinux/modules/bios/mboot.c32 \
	"$tmp/others/isolinux/" 2>"$tmp/log" && command -v xorriso >/dev/null; then
	two "$row" isolinux
else
	cannot_boot 'no isolinux, or no xorriso here' "$row"
fi
boots_documented
finish
