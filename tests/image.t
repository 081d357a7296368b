#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What loaders, debuggers and people with little memory see of the images.
. tests/tap.sh

# number FILE SECTION: its size in bytes.
number() { size -A "$1" | awk -v name=".$2" '$1 == name { print $2 }'; }

# Compilers make more or less of the same code: the ceilings are for those that they were measured with.
measured() {
	case $(${CC:-gcc} --version 2>/dev/null | head -n 1) in *clang*) return 1 ;; esac
	case $(${CC:-gcc} -dumpversion 2>/dev/null) in 12 | 12.* | 14 | 14.*) ;; *) return 1 ;; esac
}

# at_most NUMBER LIMIT NAME
at_most() {
	measured || { skip "$3: $1 of at most $2 bytes" 'the ceiling is for gcc 12 and 14'; return; }
	[ "$1" -le "$2" ]
	ok $? "$3: $1 of at most $2 bytes"
}

# sse FILE MODE: the functions with SSE or x87 code, disassembled as that of one mode.
sse() {
	${OBJDUMP:-objdump} -d -M "$2" "$1" | awk '/>:$/ { name = $2 }
		/%(xmm|ymm|mm|st)/ && !/fxsave|fxrstor|pxor|fninit/ { print name }' | sort -u
}

for image in guest host; do
	elf=$O/$image.elf
	grub-file --is-x86-multiboot "$elf"
	ok $? "$image: GRUB takes it for multiboot"
	readelf -hW "$elf" | grep -q 'ELF64'
	ok $? "$image: one ELF64 file"
	${NM:-nm} "$elf" | grep -q ' T main$'
	ok $? "$image: with symbols"
	readelf -SW "$elf" | grep -q '\.debug_line'
	ok $? "$image: with line numbers"

	# The address fields load one flat range: the same distance between file and memory throughout.
	is "$(readelf -lW "$elf" | awk '$1 == "LOAD" && $5 != "0x000000" { print $3, $2 }' | while read -r address offset; do
		echo $((address - offset))
	done | sort -u | wc -l)" 1 "$image: file and memory offsets go together"
	readelf -lW "$elf" | awk '$1 == "LOAD" && /RWE/ { bad = 1 } END { exit bad }'
	ok $? "$image: no segment is writable and executable"
	# In the wrong mode an address can look like such code (0f 10 ..), in both hardly.
	sse "$elf" x86-64 >"$tmp/sse64"
	sse "$elf" i386 >"$tmp/sse32"
	is "$(comm -12 "$tmp/sse64" "$tmp/sse32")" '' "$image: no SSE or x87 code but what is meant"
	for listing in asm sym map; do
		holds "$image: a $listing file beside it" test -s "$O/$image.$listing"
	done
done

at_most "$(number "$O/guest.elf" text)" $((40 << 10)) 'guest text'
at_most "$(number "$O/guest.elf" bss)" $((128 << 10)) 'guest bss'
at_most "$(number "$O/host.elf" text)" $((36 << 10)) 'host text'
${STRIP:-strip} -o "$tmp/stripped" "$O/guest.elf"
at_most "$(wc -c <"$tmp/stripped")" $((64 << 10)) 'guest, stripped'
./run-qemu.sh --help >/dev/null
ok $? 'run-qemu.sh --help'
finish
