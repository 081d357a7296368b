#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The images can be built with the tools that the user names, and with unknown versions of them.
# Most tests build exit.elf, which takes each of the tools but no time.
. tests/tap.sh

# The variables of the make that runs this test must not reach its own makes.
unset MAKEFLAGS MFLAGS CC HOSTCC SANITIZE_CC NASM LD NM OBJCOPY OBJDUMP STRIP WERROR LLVM \
	CROSS_COMPILE V
export CCACHE_DIR="$tmp/ccache"
mkdir "$tmp/bin"
PATH=$tmp/bin:$PATH

# build NAME MAKE-WORD...: builds exit.elf in the directory $tmp/NAME; make's output is
# $tmp/NAME.log.
build() {
	name=$1
	shift
	make O="$tmp/$name" "$@" "$tmp/$name/tests/exit.elf" >"$tmp/$name.log" 2>&1
}

# ---- which tools --------------------------------------------------------------------------------

for tool in gcc ld nm objdump objcopy nasm strip; do
	program "$tmp/bin/our-$tool" <<END
echo $tool >>"$tmp/used"
exec $tool "\$@"
END
done
used() { sort -u "$tmp/used" 2>/dev/null | tr '\n' ' '; }
all='gcc ld nasm nm objdump '

set -- CC=our-gcc LD=our-ld NM=our-nm OBJDUMP=our-objdump OBJCOPY=our-objcopy NASM=our-nasm
build line "$@"
is "$(used)" "$all" "make's command line names each tool"
rm "$tmp/used"
env "$@" make O="$tmp/environment" "$tmp/environment/tests/exit.elf" >"$tmp/environment.log" 2>&1
is "$(used)" "$all" 'the environment names each tool'
rm "$tmp/used"
build cross CROSS_COMPILE=our- NASM=our-nasm
is "$(used)" "$all" 'CROSS_COMPILE= is a prefix of their names'
rm "$tmp/used"
build both CROSS_COMPILE=nonsense- "$@"
is "$(used)" "$all" 'a tool that is named goes before CROSS_COMPILE='
build default # $O may be that of other tools
for name in line environment cross both; do
	holds "$name: the same image" cmp "$tmp/$name/tests/exit.elf" "$tmp/default/tests/exit.elf"
done
rm "$tmp/used"
STRIP=our-strip boot/iso.sh "$O/host.elf" "$O/guest.elf" "$tmp/iso" 2>"$tmp/err" ||
	! grub_is_here
is "$(used)" 'strip ' 'STRIP= strips what the ISO holds'

# Values of several words, as "ccache gcc" is.
rm "$tmp/used"
program "$tmp/bin/wrap" <<'END'
exec "$@"
END
build wrapped CC='wrap our-gcc' LD='wrap our-ld' NASM='wrap our-nasm'
is "$(used)" 'gcc ld nasm ' 'values with spaces'
cat >"$tmp/shows.t" <<END
#!/bin/sh
printf '%s\n' "\$CC" "\$HOSTCC" "\$LD" "\$O" "\$MAKEFLAGS" >"$tmp/shown"
echo 1..1
echo ok 1
END
make -s -o images -o test-images -o unit check TESTS="$tmp/shows.t" O="$tmp/wrapped" \
	CC='wrap our-gcc' HOSTCC="our-gcc -DA='b c'" LD='wrap ld' >"$tmp/log" 2>&1
is "$(cat "$tmp/shown")" "wrap our-gcc
our-gcc -DA='b c'
wrap ld
$tmp/wrapped" 'make check passes them to the tests unchanged'
(unset CC && make -n O="$tmp/none" CC=our-cc HOSTCC=our-hostcc V=1 \
	"$tmp/none/unit/test_mov_decode") >"$tmp/log" 2>&1
has "$tmp/log" 'our-hostcc .*-c' 'HOSTCC= compiles the hosted tests'
lacks "$tmp/log" 'our-cc ' 'and CC= does not'

# ---- other compilers and linkers ----------------------------------------------------------------

# passes NAME MAKE-WORD...: builds both images without a warning, and a run with them passes.
passes() {
	name=$1
	shift
	make -s -j2 O="$tmp/$name" "$@" images >"$tmp/$name.log" 2>&1
	ok $? "$name: builds" || sed 's/^/# /' "$tmp/$name.log"
	lacks "$tmp/$name.log" 'warning' "$name: without a warning"
	env "$@" O="$tmp/$name" ./run-qemu.sh >"$tmp/out" 2>&1
	is $? 0 "$name: passes"
}

if command -v clang >/dev/null && command -v ld.lld >/dev/null; then
	# Without LLVM's own tools, those of binutils can read the images.
	set -- LLVM=1
	command -v llvm-objdump >/dev/null || set -- LLVM=1 NM=nm OBJDUMP=objdump
	passes llvm "$@"
	make -s -j2 O="$tmp/llvm" "$@" test-images >"$tmp/llvm.log" 2>&1
	is "$(grep -v '^  ' "$tmp/llvm.log")" '' "llvm: builds the tests' images, too"
	readelf -p .comment "$tmp/llvm/obj/src/guest/main.o" >"$tmp/comment"
	has "$tmp/comment" 'clang' 'llvm: clang compiled it'
	readelf -SW "$tmp/llvm/guest.elf" >"$tmp/sections"
	lacks "$tmp/sections" '\.(eh_frame|comment|note\.)' 'llvm: no section more than with GNU ld'
else
	skip 'LLVM=1' 'no clang or no ld.lld here'
fi
if command -v musl-gcc >/dev/null; then
	make -s O="$tmp/musl" CC=musl-gcc "$tmp/musl/guest.elf" >"$tmp/musl.log" 2>&1
	is "$(grep -v '^  ' "$tmp/musl.log")" '' 'CC=musl-gcc builds the guest'
	holds 'there it is' test -s "$tmp/musl/guest.elf"
else
	skip 'CC=musl-gcc' 'no musl-gcc here'
fi
if command -v ccache >/dev/null; then
	build ccache CC='ccache gcc'
	holds "CC='ccache gcc': the same image" cmp "$tmp/ccache/tests/exit.elf" \
		"$tmp/default/tests/exit.elf"
else
	skip "CC='ccache gcc'" 'no ccache here'
fi

# ---- unknown versions ---------------------------------------------------------------------------

# A newer NASM, with one more warning and no other options.
program "$tmp/bin/new-nasm" <<'END'
case $* in
-v) echo 'NASM version 9.99 compiled on Jan  1 2099'; exit ;;
*-w+all* | *-Werror* | *-w+error*) echo 'error: something new [-w+error=new]' >&2; exit 1 ;;
esac
exec nasm "$@"
END
build nasm NASM=new-nasm
is $? 0 'a NASM with more warnings'
program "$tmp/bin/new-gcc" <<'END'
case $* in
*' -E '*) echo '1 __clang__ 99 __clang_major__ "99.1.0"'; exit ;;
*-Werror*) echo 'error: something new [-Werror=new]' >&2; exit 1 ;;
esac
echo 'warning: something new [-Wnew]' >&2
exec gcc "$@"
END
build gcc CC=new-gcc
is $? 0 'a compiler with more warnings'
has "$tmp/gcc.log" 'warning: something new' 'its warnings are seen'
build gcc CC=new-gcc WERROR=1
is $? 2 'WERROR=1: they are errors'
build known CC=gcc V=1
known=$(gcc -dumpversion)
case ${known%%.*} in
12 | 14) has "$tmp/known.log" ' -Werror ' 'a compiler that was tried: warnings are errors' ;;
*) skip 'a compiler that was tried' "gcc ${known%%.*}" ;;
esac
build known CC=gcc V=1 WERROR=0
has "$tmp/known.log" 'gcc .* -c |gcc .* -S ' 'WERROR=0: another set of flags, another build'
lacks "$tmp/known.log" ' -Werror ' 'WERROR=0: no warning is an error'
program "$tmp/bin/old-ld" <<'END'
case $* in
*rwx-segments*) echo "ld: unrecognized option '--no-warn-rwx-segments'" >&2; exit 1 ;;
esac
exec ld "$@"
END
build ld LD=old-ld
is $? 0 'a linker before binutils 2.39'

# ---- a change of tools --------------------------------------------------------------------------

build change CC=gcc
build change CC=gcc
lacks "$tmp/change.log" '^  ' 'the same tools: nothing is made again'
build change CC='wrap gcc'
has "$tmp/change.log" '^  GEN ' 'another compiler: all is made again'
build change CC='wrap gcc' LD='wrap ld'
has "$tmp/change.log" '^  LD ' 'another linker: all is made again'

# ---- several makes in one directory --------------------------------------------------------------

for number in 1 2 3 4; do
	(make O="$tmp/at-once" "$tmp/at-once/tests/exit.elf" >"$tmp/at-once.$number" 2>&1 ||
		echo failed) &
done >"$tmp/out"
wait
is "$(cat "$tmp/out")" '' 'four at once: none fails' || cat "$tmp"/at-once.* | sed 's/^/# /'
holds 'four at once: the same image' cmp "$tmp/at-once/tests/exit.elf" "$tmp/default/tests/exit.elf"

# ---- unusable tools -----------------------------------------------------------------------------

program "$tmp/bin/arm-gcc" <<'END'
echo "gcc: error: unrecognized command-line option '-m64'" >&2
exit 1
END
build arm CC=arm-gcc
is $? 2 'a compiler for another machine: an error'
has "$tmp/arm.log" \
	"CC='arm-gcc' does not compile for x86-64; it says: .*unrecognized .* option '-m64'" \
	'a compiler for another machine: named, and what it says'
build none CC=there-is-none
has "$tmp/none.log" "CC='there-is-none' does not compile for x86-64; .*not found.*--deps" \
	'no compiler: named'
build none NASM=there-is-none
has "$tmp/none.log" "NASM='there-is-none' is no NASM; .*not found.*--deps" 'no assembler: named'
make help CC=there-is-none NASM=there-is-none >"$tmp/out" 2>&1
is $? 0 'make help needs no compiler'
for variable in CC HOSTCC LLVM= CROSS_COMPILE= WERROR= LD NM OBJDUMP; do
	has "$tmp/out" "$variable" "make help names $variable"
done

# ---- tests/fresh.sh -----------------------------------------------------------------------------

# fresh MESSAGE ARGUMENT...: it does nothing, and says what is wrong.
fresh() {
	message=$1
	shift
	tests/fresh.sh "$@" >"$tmp/out" 2>"$tmp/err"
	is $? 99 "fresh.sh $*: an error"
	has "$tmp/err" "^fresh.sh: $message" "fresh.sh $*: says why"
}
fresh 'wanted: SUITE \[DIRECTORY\], SUITE one of: bookworm trixie'
fresh "'sid' is none of: bookworm trixie" sid
if [ "$(id -u)" -ne 0 ]; then
	fresh 'only root can make a system in a directory: sudo tests/fresh.sh trixie' trixie
elif ! command -v debootstrap >/dev/null; then
	fresh 'there is no debootstrap here: apt-get install debootstrap' trixie
else
	: >"$tmp/file"
	fresh "cannot make files in $tmp/file/x" trixie "$tmp/file/x"
fi
finish
