#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A screen of pixels, the loader's framebuffer: it shows the verdict where the text screen would.
# On a BIOS GRUB still gives the text screen.
. tests/tap.sh

mkfifo "$tmp/monitor"
trap '' PIPE # QEMU may be gone

# boot QEMU-ARG...: boots a machine whose monitor is descriptor 3.
boot() {
	rm -f "$tmp/pixels"
	asked=0
	timeout 150 qemu-system-x86_64 -cpu max -nodefaults -display none -no-reboot -no-shutdown \
		-monitor stdio "$@" <"$tmp/monitor" >"$tmp/qemu" 2>&1 &
	exec 3>"$tmp/monitor"
}

# ask COMMAND: has the monitor write $tmp/pixels, and waits for that.
ask() {
	asked=$((asked + 1))
	printf '%s\ninfo status\n' "$1" >&3 2>/dev/null
	for _ in $(seq 50); do
		[ "$(grep -c '^VM status' "$tmp/qemu")" -lt $asked ] || break
		sleep 0.1
	done
}

# Each of these writes what the screen shows to $tmp/screen.
look_at_dump() {
	ask "screendump \"$tmp/pixels\""
	perl tests/screen.pl "$tmp/pixels" >"$tmp/screen" 2>/dev/null
}
look_at_text() {
	ask "pmemsave 0xb8000 4000 \"$tmp/pixels\""
	perl -0777 -ne 'print map { chr($_ & 0xff) } unpack "v*", $_' "$tmp/pixels" |
		tr '\0' ' ' | fold -w 80 | sed 's/ *$//' >"$tmp/screen"
}
look_at_memory() { # BITS; the shim's framebuffer
	ask "pmemsave 0x100123000 $((3211 * 600)) \"$tmp/pixels\""
	perl tests/screen.pl "$tmp/pixels" 802 600 3211 "$1" >"$tmp/screen" 2>/dev/null
}

# shows PATTERN NAME LOOK...: the pattern appears within two minutes, before the machine ends.
shows() {
	pattern=$1 name=$2
	shift 2
	: >"$tmp/screen"
	for _ in $(seq 240); do
		sleep 0.5
		"$@"
		grep -Eq -e "$pattern" "$tmp/screen" && break
		if grep -q '^VM status: paused' "$tmp/qemu" || ! kill -0 $! 2>/dev/null; then break; fi
	done
	has "$tmp/screen" "$pattern" "$name" || sed 's/^/# qemu: /' "$tmp/qemu" | tail -n 5
}

quit() {
	echo quit >&3 2>/dev/null
	exec 3>&-
	wait $!
}

# ---- above 4 GiB, in memory that the map does not have ------------------------------------------

cat "$O/tests/shim.elf" "$O/guest.elf" >"$tmp/guest.elf"
cat "$O/tests/shim.elf" "$O/host.elf" >"$tmp/host.elf"

# shimmed KERNEL OPTIONS QEMU-ARG...: shim=f and so on tell of a framebuffer in this memory.
shimmed() {
	kernel=$1 options=$2
	shift 2
	boot -M pc -bios qboot.rom -m 64M,slots=1,maxmem=8G -object memory-backend-ram,id=dimm,size=128M \
		-device pc-dimm,memdev=dimm -kernel "$kernel" -append "$options" "$@"
}

shimmed "$tmp/guest.elf" 'shim=f'
shows '^# RESULT: SKIP ' 'guest, 32 bits: the verdict' look_at_memory 32
has "$tmp/screen" '^ok 1 - .* # SKIP no host: ' 'guest, 32 bits: the lines before it'
lacks "$tmp/screen" '\?' 'guest, 32 bits: nothing but text'
quit
shimmed "$tmp/guest.elf" 'shim=g vga' -serial "file:$tmp/serial"
shows '^# RESULT: SKIP ' 'guest, 24 bits, vga: the verdict' look_at_memory 24
lacks "$tmp/screen" '\?' 'guest, 24 bits, vga: nothing but text'
has "$tmp/serial" '^# RESULT: SKIP ' 'guest, 24 bits, vga: and on the serial port'
quit
shimmed "$tmp/host.elf" 'shim=f' -initrd "$O/guest.elf only=p*.*"
shows '^# RESULT: PASS ' 'host: the verdict' look_at_memory 32
lacks "$tmp/screen" '\?' 'host: nothing but text'
line=$(grep -n '^# RESULT' "$tmp/screen" | cut -d: -f1)
is "$(sed -n "$((line + 1))p" "$tmp/screen")" '' 'host: the line after it is blank'
quit
shimmed "$tmp/host.elf" 'shim=g mem=x' -initrd "$O/guest.elf"
shows '^# RESULT: ERROR ' 'host, wrong option: the verdict' look_at_memory 24
has "$tmp/screen" "^Bail out! host: option 'mem'" 'host, wrong option: the reason'
quit
shimmed "$tmp/host.elf" 'shim=f' -initrd "$O/tests/rogue.elf do=halt"
shows '^# RESULT: ERROR ' 'the host ends the guest: the verdict' look_at_memory 32
has "$tmp/screen" '^Bail out! host: the guest halted' 'the host ends the guest: the reason'
quit

# A serial port is enough, and a framebuffer over the image is a lie.
: >"$tmp/serial"
shimmed "$tmp/guest.elf" 'shim=f' -serial "file:$tmp/serial"
for _ in $(seq 300); do
	grep -q '^# RESULT: ' "$tmp/serial" && break
	sleep 0.2
done
look_at_memory 32
is "$(wc -l <"$tmp/screen")" 37 'guest, UART: the screen can be read'
lacks "$tmp/screen" '[^ ]' 'guest, UART: nothing is on the screen'
quit
boot -M pc -m 64 -vga std -kernel "$tmp/guest.elf" -append 'shim=i'
shows '^# RESULT: SKIP ' 'a framebuffer over the image: the text screen' look_at_text
quit

# ---- GRUB ---------------------------------------------------------------------------------------

if ! grub_is_here; then
	skip 'GRUB' "$no_grub"
	finish
	exit
fi

# iso FILE PLATFORM MODULES COMMAND...: an ISO on which GRUB runs the commands.
mkdir -p "$tmp/iso/boot/grub"
for image in guest host; do
	${STRIP:-strip} -o "$tmp/iso/$image.elf" "$O/$image.elf"
done
iso() {
	file=$1 platform=$2 modules=$3
	shift 3
	printf '%s\n' "$@" boot >"$tmp/iso/boot/grub/grub.cfg"
	"$(command -v grub-mkrescue || command -v grub2-mkrescue)" -d "/usr/lib/grub/$platform" \
		--install-modules="normal multiboot multiboot2 $modules" --modules='' --locales='' \
		--fonts='' --themes='' -o "$tmp/$file.iso" "$tmp/iso" >"$tmp/log" 2>&1 ||
		sed 's/^/# /' "$tmp/log"
}

for command in multiboot multiboot2; do
	iso bios i386-pc 'all_video' 'insmod all_video' 'set gfxmode=1024x768x32' \
		'set gfxpayload=keep' "$command /guest.elf"
	boot -M pc -m 64 -vga std -cdrom "$tmp/bios.iso"
	shows '^# RESULT: SKIP ' "BIOS, $command: the text screen" look_at_text
	quit
done

if ! ovmf_is_here; then
	skip 'UEFI' 'no OVMF here'
	finish
	exit
fi

# efi COMMAND...: boots these under OVMF.
efi() {
	iso efi x86_64-efi 'all_video' 'insmod all_video' "$@"
	# shellcheck disable=SC2086 # options
	boot -M q35 -m 128 -vga std $ovmf -cdrom "$tmp/efi.iso"
}

efi 'multiboot2 /guest.elf'
shows '^# RESULT: SKIP ' 'UEFI, multiboot2: the verdict' look_at_dump
quit
efi 'multiboot /host.elf' 'module /guest.elf only=probe.*'
shows '^# RESULT: PASS ' 'UEFI, multiboot, host: the verdict' look_at_dump
quit
finish
