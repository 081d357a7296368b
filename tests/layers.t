#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Dependencies point one way, by what the objects of both images really refer to:
#
#   boot, x86 <- lib <- guest <- guest/ABI
#                    <- host  <- host/ABI
#
# Only abi.c of either side names the ABIs that there are.
. tests/tap.sh

make -s all >/dev/null || exit
# A build directory may have objects of sources that are gone.
find "$O/obj/boot" "$O/obj/src" -name '*.o' | while read -r object; do
	source=${object#"$O/obj/"}
	[ ! -e "${source%.o}.c" ] && [ ! -e "${source%.o}.asm" ] || echo "$object"
done | tr '\n' '\0' | xargs -0 "${NM:-nm}" -A -P | sort >"$tmp/symbols"

# Prints "FILE: SYMBOL of FILE" for each reference that the layers forbid.
wrong_ways() { # nm -A -P's lines
	awk -v objects="$O/obj/" '
	function room(file) {
		sub(/\/[^\/]*$/, "", file)
		return file
	}
	function may(file, from, to) {
		if (to == from || to == "boot" || to == "src/x86") return 1
		if (from == "boot" || from == "src/x86") return 0
		if (to == "src/lib") return 1
		if (from == "src/lib") return 0
		if (index(from, to "/") == 1) return 1
		return file ~ /\/abi\.o$/ && index(to, from "/") == 1
	}
	{
		file = $1
		sub(/:$/, "", file)
		file = substr(file, length(objects) + 1)
		# A compiler may call these in any code, as clang does to fill a struct.
		if ($2 ~ /^mem(cpy|move|set|cmp)$/) next
		if ($3 ~ /^[UvwV]$/) user[++uses] = file " " $2
		else if ($3 ~ /^[A-Z]$/) definers[$2] = definers[$2] " " file
	}
	END {
		for (i = 1; i <= uses; i++) {
			split(user[i], word, " ")
			n = split(definers[word[2]], definer, " ")
			for (k = 1; k <= n; k++)
				if (may(word[1], room(word[1]), room(definer[k]))) break
			# Each image has a main(), which boot calls; linker.ld defines the rest.
			if (n && k > n && word[2] != "main")
				print word[1] ": " word[2] " of " definer[1]
		}
	}' "$@"
}

for room in boot src/x86 src/lib src/guest src/guest/kvm src/guest/kvm2007 src/host \
	src/host/kvm src/host/kvm2007; do
	holds "$room: there are objects" grep -q "^$O/obj/$room/[^/]*\.o: " "$tmp/symbols"
done
wrong_ways "$tmp/symbols" >"$tmp/err"
lacks "$tmp/err" . 'nothing refers to what is above it, or beside it'

# A wrong reference, and what is said of it.
red() { # FILE SYMBOL DEFINER
	{ cat "$tmp/symbols" && echo "$O/obj/$1: $2 U  "; } | wrong_ways >"$tmp/err"
	is "$(cat "$tmp/err")" "$1: $2 of $3" "a reference from $1 to $2() is found"
}
red src/x86/timer.o tap_diag src/lib/tap.o
red boot/traps.o panic_trap src/lib/panic.o
red src/lib/console.o stray_check src/guest/stray.o
red src/lib/exit.o guest_translate src/host/guest_memory.o
red src/guest/pages.o make_site src/guest/kvm2007/site.o
red src/guest/check.o guest_translate src/host/guest_memory.o
red src/guest/kvm2007/probe.o guest_translate src/host/guest_memory.o
red src/guest/kvm/cpuid.o make_site src/guest/kvm2007/site.o
red src/host/svm.o expect_equal src/guest/check.o
red src/host/exits.o kvm2007_abi src/guest/kvm2007/kvm2007.o
finish
