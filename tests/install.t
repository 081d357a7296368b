#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What make install has installed works without the source and without make; make uninstall leaves
# nothing; make dist makes the same archive each time; and the man pages have the options.
# tests/fresh.sh does this in a system that has nothing else.
# shellcheck disable=SC2016 # what is not expanded is for another shell, or a name
. tests/tap.sh

here=$PWD
unset MAKEFLAGS MFLAGS
make -s O="$O" images stock-kvm >&2

# ---- make install -------------------------------------------------------------------------------

install_to() { # DESTDIR PREFIX
	(umask 077 && make -s O="$O" install DESTDIR="$1" PREFIX="$2") >"$tmp/out" 2>&1
	is $? 0 "make install DESTDIR=... PREFIX=$2" || sed 's/^/# /' "$tmp/out"
}
mkdir -p "$tmp/root/usr/local/lib/paraguest" "$tmp/root/usr/local/bin" "$tmp/cwd" "$tmp/bin"
chmod 755 "$tmp"
echo other >"$tmp/root/usr/local/bin/other"
echo stale >"$tmp/root/usr/local/lib/paraguest/of-another-version"
install_to "$tmp/root" /usr/local
holds 'what another version had is gone' \
	test ! -e "$tmp/root/usr/local/lib/paraguest/of-another-version"
is "$(find "$tmp/root" ! -type l ! -perm -444)" '' 'everybody can read all of it'
case $here in
/*/*) grep -rlF -e "$here" -e "$tmp" "$tmp/root" ;;
*) grep -rlF -e "$tmp" "$tmp/root" ;; # a name as /src is in many files
esac >"$tmp/err"
lacks "$tmp/err" . 'no file names the directory of the source, or where it was installed'
is "$(find -L "$tmp/root" -type l)" '' 'no link leads to nowhere'
mv "$tmp/root/usr/local" "$tmp/it's a prefix" # where it was not installed
prefix="$tmp/it's a prefix"

# A machine with few programs: no make, no compiler.  Its QEMU is another one, by a relative path.
for program in sh perl cat cut dd env find grep id mkdir mktemp nproc readlink rm sed sort tail \
	ln cp touch bochs bochs-bin qemu-system-x86_64; do
	found=$(command -v "$program") && ln -s "$found" "$tmp/bin/"
done
program "$tmp/cwd/my-qemu" <<'END'
echo ran >my-qemu.log
exec qemu-system-x86_64 "$@"
END
program "$tmp/show" <<'END'
for word; do printf '[%s]\n' "$word" >&2; done
exit 1
END

# hidden COMMAND WORD...: runs it where the source's directory is empty.  Fails if that can't be.
hidden() {
	unshare --mount sh -c 'mount -t tmpfs none "$1" && shift && exec "$@"' sh "$here" "$@"
}
if hidden true 2>"$tmp/err"; then
	hide=hidden
	holds 'the source is hidden' hidden test ! -e "$here/Makefile"
else
	hide=
	skip 'the source is hidden' "that takes root and namespaces: $(head -n 1 "$tmp/err")"
fi
# installed COMMAND WORD...: runs an installed command on that machine, in a directory of its own.
installed() {
	command=$1
	shift
	(cd "$tmp/cwd" && $hide env -i PATH="$tmp/bin" O=/nonexistent TMPDIR="$tmp/bin/../cwd" \
		${QEMU:+QEMU="$QEMU"} "$prefix/bin/$command" "$@") >"$tmp/out" 2>"$tmp/err" </dev/null
}

installed paraguest-run --append='only=probe.*' --log=serial.log --junit=report.xml
is $? 0 'paraguest-run'
has "$tmp/out" '^# RESULT: PASS ' 'paraguest-run: passes on the reference host'
has "$tmp/out" "^# paraguest $(sed 's/[().]/\\&/g' "$O/version")\$" 'paraguest-run: the version'
holds 'files are made where it is called' test -s "$tmp/cwd/serial.log" -a \
	-s "$tmp/cwd/report.xml"
installed paraguest-run --host-append=fault=call-rbx --append=only=hypercall64.keeps-gprs
is $? 1 'paraguest-run: a fault is found'
QEMU=./my-qemu installed paraguest-run --host=none --accel=tcg
is $? 0 'QEMU=, relative to the directory where it is called'
holds 'QEMU=: that one has run' test -s "$tmp/cwd/my-qemu.log"
for command in paraguest-run paraguest-run-bochs paraguest-run-stock-kvm; do
	installed "$command" --version
	is "$(cat "$tmp/out")" "paraguest $(cat "$O/version")" "$command --version"
	installed "$command" --nonsense
	has "$tmp/err" "^$command: unknown option '--nonsense'" "$command: an error names it"
	installed "$command" --help
	has "$tmp/out" "^Usage: $command \\[options\\]" "$command --help"
	lacks "$tmp/out" 'build|[Ss]ource|tests/run-' "$command --help: nothing of the source"
	cp "$tmp/out" "$tmp/$command"
done
if [ -e "$tmp/bin/bochs" ]; then
	installed paraguest-run-bochs --append='only=probe.*'
	is $? 0 'paraguest-run-bochs' || sed 's/^/# /' "$tmp/err"
	has "$tmp/out" '^# RESULT: PASS ' 'paraguest-run-bochs: passes'
else
	skip 'paraguest-run-bochs' 'no bochs here'
fi
installed paraguest-run-stock-kvm
has "$tmp/out" '^1\.\.0 # SKIP there is no /\.cache/paraguest/linux-release: --deps gets it$' \
	'paraguest-run-stock-kvm: without a kernel it is skipped'
echo kernel >"$tmp/cwd/vmlinuz"
QEMU=$tmp/show installed paraguest-run-stock-kvm --host=ref --kernel=vmlinuz
has "$tmp/out" '^# qemu: \[.*/linux/vmlinuz\]$' 'paraguest-run-stock-kvm: --kernel=FILE'
echo 'echo "$*" >&2' | program "$tmp/bin/apt-get"
rm "$tmp/bin/qemu-system-x86_64"
program "$tmp/bin/sudo" <<'END'
[ "$1" = -n ] || exec "$@"
END
QEMU=$tmp/show installed paraguest-run --deps
has "$tmp/err" '^(sudo )?apt-get install .*qemu-system-x86' '--deps installs what is missing to run'
lacks "$tmp/err" '^(sudo )?apt-get install .*gcc' '--deps installs nothing to build'

# ---- make uninstall -----------------------------------------------------------------------------

awkward='/usr/it'"'"'s a $prefix & 100%'
install_to "$tmp/root" "$awkward"
is "$("$tmp/root$awkward/bin/paraguest-run" --version)" "paraguest $(cat "$O/version")" \
	'PREFIX with special characters'
make -s uninstall DESTDIR="$tmp/root" PREFIX="$awkward" >&2
is "$(find "$tmp/root" ! -type d)" '' 'make uninstall leaves no file'
make -s uninstall DESTDIR= PREFIX="$prefix" >&2
is "$(find "$prefix" ! -type d)" "$prefix/bin/other" 'make uninstall leaves what is not its own'
! make -s uninstall DESTDIR="$tmp/root" PREFIX=usr >"$tmp/out" 2>&1
ok $? 'a PREFIX that is no directory from /: an error'
has "$tmp/out" "PREFIX: 'usr' does not begin with /" 'a PREFIX that is no directory from /: says so'

# ---- make dist ----------------------------------------------------------------------------------

name=paraguest-$(cat VERSION)
dist() { # SOURCE DIRECTORY
	(umask "$3" && TAR_OPTIONS=--nonsense make -s -C "$1" dist O="$2") >"$tmp/out" 2>&1
	is $? 0 "make dist, umask $3" || sed 's/^/# /' "$tmp/out"
}
dist . "$tmp/1" 022
sleep 1 # gzip's and tar's dates are whole seconds
dist . "$tmp/2" 077
holds 'the same bytes' cmp "$tmp/1/$name.tar.gz" "$tmp/2/$name.tar.gz"
tar -xzf "$tmp/1/$name.tar.gz" -C "$tmp"
dist "$tmp/$name" "$tmp/3" 022
holds 'the same bytes, of the archive' cmp "$tmp/1/$name.tar.gz" "$tmp/3/$name.tar.gz"
has "$tmp/$name/.git-describe" '^[^$]*$' 'the archive keeps the commit, if there is one'
if [ -e .git ] && [ -z "$(git -c safe.directory="$PWD" status --porcelain 2>&1)" ]; then
	is "$(sh "$tmp/$name/src/lib/version.sh")" "$(sh src/lib/version.sh)" 'the same version'
	git -c safe.directory="$PWD" ls-files | sort >"$tmp/wanted"
	(cd "$tmp/$name" && find . ! -type d | sed 's|^\./||' | sort) >"$tmp/got"
	holds 'all files are in the archive' cmp "$tmp/wanted" "$tmp/got"
	xargs -I{} sh -c 'cmp "$1" "$2/$1"' sh {} "$tmp/$name" <"$tmp/wanted" 2>&1 |
		grep -v git-describe >"$tmp/err"
	lacks "$tmp/err" . 'as they are here'
else
	skip 'the same version and files' 'there are changes that are not committed, or no git'
fi
make -s -C "$tmp/$name" "$tmp/o/asm-offsets.inc" "$tmp/o/obj/src/lib/version.o" O="$tmp/o" \
	>"$tmp/out" 2>&1
is $? 0 'the archive builds' || sed 's/^/# /' "$tmp/out"

# ---- make deb -----------------------------------------------------------------------------------

deb=paraguest_$(cat VERSION)_all.deb
if command -v dpkg-deb >/dev/null; then
	make -s O="$O" deb >"$tmp/out" 2>&1
	is $? 0 'make deb' || sed 's/^/# /' "$tmp/out"
	mv "$O/$deb" "$tmp/1.deb"
	sleep 1
	(umask 077 && make -s O="$O" deb) >"$tmp/out" 2>&1
	holds 'the same bytes' cmp "$tmp/1.deb" "$O/$deb"
	rm "$O/$deb"
	dpkg-deb -x "$tmp/1.deb" "$tmp/unpacked"
	is "$("$tmp/unpacked/usr/bin/paraguest-run" --version)" "paraguest $(cat "$O/version")" \
		'paraguest-run of the package'
	is "$(dpkg-deb -c "$tmp/1.deb" | grep -v ' root/root ')" '' "all files are root's"
else
	skip 'make deb' 'no dpkg-deb here'
fi

# ---- the man pages ------------------------------------------------------------------------------

# Options that --help lists, and those of the page.
cat "$tmp/paraguest-run" "$tmp/paraguest-run-bochs" "$tmp/paraguest-run-stock-kvm" |
	sed -n 's/^  --\([a-z-]*\).*/\1/p' | sort -u >"$tmp/wanted"
sed -n 's/^\.It Fl -\([a-z-]*\).*/\1/p' docs/paraguest-run.1 | sort -u >"$tmp/got"
is "$(cat "$tmp/got")" "$(cat "$tmp/wanted")" 'paraguest-run(1) has the options of --help'
while read -r option; do
	for command in paraguest-run paraguest-run-bochs paraguest-run-stock-kvm; do
		! grep -q "^  --${option}[ =[]" "$tmp/$command" || echo "$command"
	done | tr '\n' ' ' >"$tmp/got"
	# The title that the option is under.
	awk -v option="-$option" '/^\.Ss Options of / { title = $4 }
		/^\.It Fl / && $3 == option { print title }' docs/paraguest-run.1 |
		sed 's/^all$/paraguest-run paraguest-run-bochs paraguest-run-stock-kvm/' |
		tr '\n' ' ' >"$tmp/wanted-by"
	[ "$(cat "$tmp/got")" = "$(cat "$tmp/wanted-by")" ] ||
		echo "--$option: of $(cat "$tmp/got"), on the page of $(cat "$tmp/wanted-by")"
done <"$tmp/wanted" >"$tmp/err"
lacks "$tmp/err" . 'paraguest-run(1) says of which command each is'

# The options of the images.
sed '/^\.Sh OPTIONS OF THE GUEST/,/^\.Sh OPTIONS OF THE REF/!d' docs/paraguest.7 >"$tmp/guest"
sed '/^\.Sh OPTIONS OF THE REF/,/^\.Sh FILES/!d' docs/paraguest.7 >"$tmp/host"
sed -n 's/^\t\t{"\([a-z-]*\)", .*/\1/p' src/guest/options.c | sort >"$tmp/guest-wanted"
sed -n 's/^\t\t{\.name = "\([a-z-]*\)".*/\1/p' src/host/config.c | sort >"$tmp/host-wanted"
for side in guest host; do
	# A line has one option or two, each after Cm; values after Cm follow an = or a |.
	sed -n 's/^\.It \(Cm .*\)/\1/p' "$tmp/$side" | sed 's/ , Cm /\nCm /g' |
		sed -n 's/^Cm \([a-z-]*\).*/\1/p' | sort -u >"$tmp/got"
	is "$(cat "$tmp/got")" "$(cat "$tmp/$side-wanted")" "paraguest(7) has the $side's options"
done
if command -v mandoc >/dev/null; then
	# What other pages there are is the machine's affair.
	mandoc -T lint docs/*.[17] 2>/dev/null | grep -v 'referenced manual not found' >"$tmp/err"
	lacks "$tmp/err" . 'mandoc has nothing to say about the pages'
else
	skip 'mandoc' 'not here'
fi
finish
