#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The images suit loaders and debuggers, and are small.
. tests/tap.sh

# number FILE SECTION: prints the section's size in bytes.
number() { size -A "$1" | awk -v name=".$2" '$1 == name { print $2 }'; }

# Whether the compiler is one with which the ceilings were measured: others make more code, or less.
measured() {
	case $(${CC:-gcc} --version 2>/dev/null | head -n 1) in *clang*) return 1 ;; esac
	case $(${CC:-gcc} -dumpversion 2>/dev/null) in 12 | 12.* | 14 | 14.*) ;; *) return 1 ;; esac
}

# at_most NUMBER LIMIT NAME
at_most() {
	measured || {
		skip "$3: $1 of at most $2 bytes" 'the ceiling is for gcc 12 and 14'
		return
	}
	[ "$1" -le "$2" ]
	ok $? "$3: $1 of at most $2 bytes"
}

# sse FILE MODE: prints the functions with SSE or x87 code, disassembled as code of this mode.
sse() {
	${OBJDUMP:-objdump} -d -M "$2" "$1" | awk '/>:$/ { name = $2 }
		/%(xmm|ymm|mm|st)/ && !/fxsave|fxrstor|pxor|fninit/ { print name }' | sort -u
}

for image in guest host; do
	elf=$O/$image.elf
	grub-file --is-x86-multiboot "$elf"
	ok $? "$image: GRUB takes it for multiboot"
	grub-file --is-x86-multiboot2 "$elf"
	ok $? "$image: GRUB takes it for multiboot 2"
	readelf -hW "$elf" | grep -q 'ELF64'
	ok $? "$image: one ELF64 file"
	${NM:-nm} "$elf" | grep -q ' T main$'
	ok $? "$image: with symbols"
	readelf -SW "$elf" | grep -q '\.debug_line'
	ok $? "$image: with line numbers"

	# Loaders that use the address fields copy one flat range of the file.
	is "$(readelf -lW "$elf" | awk '$1 == "LOAD" && $5 != "0x000000" { print $3, $2 }' |
		while read -r address offset; do
			echo $((address - offset))
		done | sort -u | wc -l)" 1 "$image: all segments lie in memory as in the file"
	readelf -lW "$elf" | awk '$1 == "LOAD" && /RWE/ { bad = 1 } END { exit bad }'
	ok $? "$image: no segment is writable and executable"
	# In the wrong mode an address can look like such code (0f 10 ..); in both modes that is
	# unlikely.
	sse "$elf" x86-64 >"$tmp/sse64"
	sse "$elf" i386 >"$tmp/sse32"
	is "$(comm -12 "$tmp/sse64" "$tmp/sse32")" '' "$image: no SSE or x87 code but what is meant"
	for listing in asm sym map; do
		holds "$image: a $listing file beside it" test -s "$O/$image.$listing"
	done
done

is "$(number "$O/guest.elf" data)" '' 'guest: no .data, which would cost up to a page of the file'
at_most "$(number "$O/guest.elf" text)" $((89 << 10)) 'guest text'
at_most "$(number "$O/guest.elf" bss)" $((160 << 10)) 'guest bss'
at_most "$(number "$O/host.elf" text)" $((66 << 10)) 'host text, half of which is faults'
${STRIP:-strip} -o "$tmp/stripped" "$O/guest.elf"
at_most "$(wc -c <"$tmp/stripped")" $((128 << 10)) 'guest, stripped'
./run-qemu.sh --help >/dev/null
ok $? 'run-qemu.sh --help'
finish
