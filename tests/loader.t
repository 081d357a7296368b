#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# If the reference host cannot load or run its guest, the run is an error, and the host says what
# was wrong and what it wanted instead.
. tests/tap.sh

guest=$O/guest.elf host=$O/host.elf
build_directory "$tmp/build"

load() { # IMAGE OPTION...
	cp "$1" "$tmp/build/guest.elf"
	shift
	O=$tmp/build ./run-qemu.sh "$@" >"$tmp/out" 2>&1
}

refused() { # STATUS MESSAGE NAME
	is "$1" 99 "$3: an error"
	has "$tmp/out" "^# Bail out! host: $2\$" "$3: says why"
	is "$(grep -c '^# RESULT: ERROR' "$tmp/out")" 1 "$3: says so once"
}

# ---- the module ---------------------------------------------------------------------------------

load "$guest" --append=only=probe.presence
is $? 0 'the guest itself is loaded' # so the next ones fail for their own reasons

without_module() { # OPTION...
	[ "${1-}" != -- ] || shift
	load "$host" --host=none --accel=tcg --cpu=max --mem=24 -- -M pc "$@"
}

without_module
refused $? "no module: wanted the guest's image as the first one" 'no module'

: >"$tmp/empty"
without_module -- -initrd "$tmp/empty"
refused $? "the first module is empty: wanted the guest's image" 'an empty module'

load LICENSE
refused $? 'guest image: no multiboot 1 header in its first 8192 bytes' 'a text file'

# Sizes that cut the guest in the header, at its last byte, and in what is to be loaded.
header=$((64 + 4 * 56)) # the ELF headers before it: linker.ld
words=$(od -An -v -tu4 -j$header -N32 "$guest")
# shellcheck disable=SC2086 # a list of numbers
set -- $words
load_end=$((header + $6 - $4))
for size in 1 12 $header $((header + 31)); do
	head -c "$size" "$guest" >"$tmp/cut"
	load "$tmp/cut"
	refused $? 'guest image: no multiboot 1 header in its first 8192 bytes' "cut to $size bytes"
done
for size in $((header + 32)) 8192 20000 $((load_end - 1)); do
	head -c "$size" "$guest" >"$tmp/cut"
	load "$tmp/cut"
	status=$?
	message=$(printf 'guest image: truncated, wanted %#x bytes, got %#x' "$load_end" "$size")
	refused "$status" "$message" "cut to $size bytes"
done
head -c "$load_end" "$guest" >"$tmp/cut"
load "$tmp/cut" --append=only=probe.presence
is $? 0 'cut after what is to be loaded: loaded'

# ---- the header ---------------------------------------------------------------------------------

word() { # NUMBER: its four bytes, the lowest first
	# shellcheck disable=SC2059 # octal escapes
	printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) \
		$(($1 >> 16 & 255)) $(($1 >> 24 & 255)))"
}

image() { # FLAGS HEADER LOAD LOAD_END BSS_END ENTRY: makes one of 64 bytes, the header first
	for field in 0x1badb002 "$1" $((-(0x1badb002 + $1))) "$2" "$3" "$4" "$5" "$6" \
		0 0 0 0 0 0 0 0; do
		word $((field))
	done >"$tmp/image"
}

image 0x10003 0x100000 0x100000 0x100040 0x500000 0x100020
load "$tmp/image" --mem=4
refused $? "guest image: 0x100000-0x500000 is not in the guest's memory of 4 MiB" \
	'an image larger than its memory'
load "$tmp/image" --mem=5 --timeout=1
lacks "$tmp/out" 'host: guest image' 'an image that fits exactly is loaded'

image 0x3 0 0 0 0 0
load "$tmp/image"
refused $? 'guest image: header without address fields, wanted flag bit 16' 'no address fields'
image 0x10007 0x100000 0x100000 0x100040 0 0x100020
load "$tmp/image"
refused $? 'guest image: header asks for 0x4, wanted no flag but bits 0 and 1' 'a video mode'
image 0x10003 0x100000 0x100000 0x100040 0 0x100040
load "$tmp/image"
refused $? 'guest image: entry 0x100040 outside it' 'an entry outside'
image 0x10003 0xa0000 0xa0000 0xa0040 0 0xa0020
load "$tmp/image"
refused $? "guest image: 0xa0000-0xa0040 is not in the guest's memory of 16 MiB" \
	'an image in the hole'
image 0x10003 0x1000 0x1000 0x1040 0 0x1020
load "$tmp/image"
refused $? 'guest image: load address 0x1000, wanted 0x2000 or more' \
	'an image where the boot information goes'

# ---- command lines ------------------------------------------------------------------------------

long=$(printf '%01100d' 0)
load "$guest" --append="$long"
refused $? "the module's command line is too long: wanted less than 1024 characters" \
	'a long module line'
line="$tmp/build/guest.elf cpus=1 echo=0x6563686f kvm-echo=0x6b766d pageout=0x7067" # the runner's
line="$line require fresh only=probe.presence"
for length in 1023 1024; do
	load "$guest" --append="only=probe.presence$(printf "%$((length - ${#line}))s" '')"
	status=$?
	[ $length -gt 1023 ] || is "$status" 0 'a module line of 1023 characters'
done
refused "$status" "the module's command line is too long: wanted less than 1024 characters" \
	'a module line of 1024 characters'
load "$guest" --host-append="$long"
refused $? 'command line too long: wanted less than 1024 characters' 'a long command line'

option() { # OPTION MESSAGE
	load "$guest" --host-append="$1"
	refused $? "$2" "host option '$1'"
}

memory="option 'mem' wants the guest's memory, 4 to 960 MiB, got"
option nonsense "unknown option 'nonsense'"
option nonsense=1 "unknown option 'nonsense'"
option mem "$memory nothing"
option mem= "$memory nothing"
option mem=3 "$memory '3'"
option mem=961 "$memory '961'"
option mem=16M "$memory '16M'"
option mem=-4 "$memory '-4'"
option mem=18446744073709551632 "$memory '18446744073709551632'"
option personality=xen "option 'personality' wants header\|linux2007, got 'xen'"
option log=loud "option 'log' wants none\|events\|calls, got 'loud'"
option fault=nonsense "option 'fault' wants a name that 'faults' lists, got 'nonsense'"
option faults=1 "option 'faults' takes no value, got '1'"
option echo=0xffffffffffffffff \
	"option 'echo' wants an index from 2 to 0x7fffffff, got '0xffffffffffffffff'"

# ---- the machine --------------------------------------------------------------------------------

wanted="512 MiB for the guest \\(mem=\\), besides 640 KiB and the host's 2 MiB"
largest='the largest free range from 0x100000 to 0x40000000'
load "$guest" --host-append=mem=512
refused $? "no memory: wanted $wanted: $largest has 2[0-9]{4} KiB" 'more memory than there is'
load "$guest" --cpu=qemu64,-svm
refused $? 'this CPU has neither SVM nor VMX: wanted CPUID 80000001h ECX bit 2, or 1h ECX bit 5' \
	'a CPU without either'
load "$guest" --cpu=qemu64,+svm,-npt
refused $? 'this CPU has no nested paging: wanted CPUID 8000000ah EDX bit 0' \
	'a CPU without nested paging'
load "$guest" --cpu=qemu64,-lm
is $? 99 'a CPU without long mode: an error'
has "$tmp/out" '^Bail out! this CPU has no long mode$' 'a CPU without long mode: says why'
finish
