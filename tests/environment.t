#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The caller's environment does not change the images: they are the same from directories with
# awkward names, by a link, at another time, in another locale and time zone, with another umask and
# with compiler flags meant for other programs.
. tests/tap.sh

here=$PWD
unset MAKEFLAGS MFLAGS
# $O is the other tests' build, too: by the tools that they have, or each would build it again.
make -s O="$O" images >&2
! grub_is_here || make -s O="$O" iso >&2
bochs=no
! bochs_is_here || bochs=yes
# This builds the same sources twice.
! command -v ccache >/dev/null || export CC="ccache ${CC:-gcc}" CCACHE_DIR="$tmp/ccache"
case ${CC-} in 'ccache ccache '*) CC=${CC#ccache } ;; esac
awkward="$tmp/it's a \"tree\" & 100% = \$x"
mkdir -p "$awkward/tree" "$awkward/tmp" "$tmp/path" "$tmp/cd/path" "$tmp/cd/tests" "$tmp/include"

# The same sources, with the same version.
git ls-files -z 2>/dev/null | xargs -0 cp --parents -t "$awkward/tree" 2>/dev/null ||
	cp -R .git-describe VERSION Makefile linker.ld run-qemu.sh README.md boot src tests \
		"$awkward/tree/"
sed 's/^[^(]*(\(.*\))$/\1 x/' "$O/version" >"$awkward/tree/.git-describe"
grep -q '(' "$O/version" || : >"$awkward/tree/.git-describe"

# ---- a bad day ----------------------------------------------------------------------------------

# A link to a link to the runner, in a directory of PATH.
ln -s "$awkward/tree/run-qemu.sh" "$tmp/path/first"
ln -s first "$tmp/path/paraguest"
ln -s "$awkward/tree" "$tmp/link to the tree"

# Wrong headers, in a directory for CPATH.
for header in stdint stddef stdarg stdbool; do
	echo '#error this is not the header that is meant' >"$tmp/include/$header.h"
done
# A Turkish locale, in which the letters from a to z are others; made here if the system has none.
turkish=tr_TR.UTF-8
if ! locale -a | grep -qiE '^tr_TR\.utf-?8$'; then
	mkdir "$tmp/locales"
	if localedef -i tr_TR -f UTF-8 "$tmp/locales/tr_TR.UTF-8" 2>"$tmp/err"; then
		export LOCPATH="$tmp/locales"
	else
		turkish=
		skip 'LC_ALL=tr_TR.UTF-8' \
			'the locale is not here, nor what it is made of (package locales)'
	fi
fi
# bad_day COMMAND WORD...: runs it with all of this in the environment.
bad_day() {
	(
		umask 077
		unset O # the tree's own default
		# shellcheck disable=SC2030 # for the command only
		export LC_ALL="${turkish:-C}" LANGUAGE=tr TZ=Asia/Tokyo \
			TMPDIR="$awkward/tmp" CDPATH="$tmp/cd:." PATH="$tmp/path:$PATH" \
			POSIXLY_CORRECT=1 GREP_OPTIONS=--color=always \
			TAR_OPTIONS=--nonsense MAKEFLAGS=-k CPPFLAGS=-DPAGE_SIZE=1 \
			CFLAGS='-O3 -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE' \
			LDFLAGS='-Wl,-z,relro -pie' ASFLAGS=--nonsense NASMFLAGS=--nonsense \
			NASMENV=--nonsense LDEMULATION=elf_i386 GNUTARGET=binary \
			CPATH="$tmp/include" C_INCLUDE_PATH="$tmp/include" Q=nonsense SMALL=-O0 \
			HOST=myhost GUEST=me BOOT=yes COMMON=1 GOALS=x OWN_CFLAGS=-O0 \
			UNIT_INCLUDE=-O0
		"$@"
	)
}

# Two runs at once in a fresh clone, called by a link.
cd "$tmp/cd" || exit
bad_day paraguest >"$tmp/first.out" 2>"$tmp/first.err" &
bad_day "$tmp/path/first" --host=none --accel=tcg >"$tmp/second.out" 2>"$tmp/second.err"
is $? 0 'two runs at once in a fresh clone: the second' || sed 's/^/# /' "$tmp/second.err"
wait $!
is $? 0 'two runs at once in a fresh clone: the first' || sed 's/^/# /' "$tmp/first.err"
cd "$here" || exit
has "$tmp/first.out" '^# RESULT: PASS ' 'called by a link: the guest runs on the host'
has "$tmp/second.out" '^# RESULT: SKIP ' 'called by a link: the guest runs alone'
for run in first second; do
	lacks "$tmp/$run.err" '[Ww]arning|jobserver' "$run: not a warning"
done
for image in guest host; do
	holds "$image.elf: the same, byte for byte" cmp "$awkward/tree/build/$image.elf" \
		"$O/$image.elf"
done
for program in run-qemu.sh tests/run-bochs.sh tests/run-stock-kvm.sh; do
	ln -s "../link to the tree/$program" "$tmp/path/other"
	(cd "$tmp/cd" && bad_day other --help) >"$tmp/out" 2>&1
	is $? 0 "$program: called by a link with a relative target"
	rm "$tmp/path/other"
done

# By a link to the directory: its name must not get into the debug information.  And the ISO.
if grub_is_here; then
	(cd "$tmp/link to the tree" && bad_day make -s iso) >"$tmp/log" 2>&1
	is $? 0 'make iso' || sed 's/^/# /' "$tmp/log"
	holds 'paraguest.iso: the same, byte for byte' cmp "$awkward/tree/build/paraguest.iso" \
		"$O/paraguest.iso"
else
	skip 'the ISO' "$no_grub"
fi
if [ $bochs = yes ]; then
	(cd "$tmp/cd" && bad_day "$awkward/tree/tests/run-bochs.sh") >"$tmp/out" 2>&1
	is $? 0 'Bochs runs in such a tree' || sed 's/^/# /' "$tmp/out"
else
	skip 'Bochs in such a tree' 'no bochs here'
fi
cat >"$tmp/shows.t" <<'END'
#!/bin/sh
. tests/tap.sh
holds 'LC_ALL=C' test "$LC_ALL" = C
holds 'no CDPATH' test -z "${CDPATH-}"
holds 'files' test -d "$tmp"
holds 'images' test -s "$O/guest.elf"
finish
END
(cd "$awkward/tree" && bad_day make -s -o test-images -o unit check TESTS="$tmp/shows.t") \
	>"$tmp/out" 2>&1
is $? 0 'make check in such a tree' || sed 's/^/# /' "$tmp/out"
is "$(find "$awkward/tmp" "$tmp/cd" -type f)" '' 'nothing is left where files were made'

# ---- O ------------------------------------------------------------------------------------------

# build_in DIRECTORY: builds there; builds again; builds after a header has changed.
cp src/abi/kvm2007.h "$tmp/header"
build_in() {
	directory=$1
	(cd "$awkward/tree" && O=$directory ./run-qemu.sh --host=none --accel=tcg) \
		>"$tmp/out" 2>"$tmp/err"
	is $? 0 "O=$directory: a run" || sed 's/^/# /' "$tmp/err"
	holds "O=$directory: the same image" cmp "$directory/guest.elf" "$O/guest.elf"
	make -C "$awkward/tree" -s O="$directory" images >"$tmp/log" 2>&1
	is "$?$(cat "$tmp/log")" 0 "O=$directory: nothing more to build"
	touch "$awkward/tree/src/abi/kvm2007.h"
	make -C "$awkward/tree" -n O="$directory" >"$tmp/log" 2>&1
	has "$tmp/log" 'src/guest/kvm2007/site\.' \
		"O=$directory: a header has changed, and it is seen"
	make -C "$awkward/tree" -s O="$directory" clean
	holds "O=$directory: make clean" test ! -e "$directory"
}
build_in "$awkward/a:build;dir"
is "$(find "${tmp%/*}" -maxdepth 1 -name 'paraguest.*' -newer "$tmp/header" | head -n 1)" '' \
	'no link is left'

# ---- QEMU's module ------------------------------------------------------------------------------

# Awkward for QEMU.
build_directory "$tmp/a, b"
O="$tmp/a, b" ./run-qemu.sh --append='only=probe.* seed=7' >"$tmp/out" 2>&1
is $? 0 'O with a comma and a space: the guest runs on the host'
has "$tmp/out" '^# seed: 0x7$' 'and has its options'
finish
