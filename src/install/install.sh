#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# For make install and make uninstall:
#
#   src/install/install.sh BUILD DESTDIR PREFIX       installs what is in the build directory
#   src/install/install.sh --remove DESTDIR PREFIX    removes all of that
#
# PREFIX/lib/paraguest is laid out as the source's directory, so that the runners find their files
# in both; only the images lie beside run-qemu.sh (src/runner/run.sh).  All links are relative: the
# tree may be moved, as packagers do by DESTDIR.
set -eu
umask 022

[ $# -eq 3 ] || {
	echo "$0: wanted three arguments: BUILD or --remove, DESTDIR, PREFIX" >&2
	exit 1
}
case $2 in '' | /*) ;; *) set -- "$1" "$PWD/$2" "$3" ;; esac
case $3 in
/*) ;;
*)
	echo "$0: PREFIX: '$3' does not begin with /" >&2
	exit 1
	;;
esac
build=$1 to=$2$3
lib=$to/lib/paraguest doc=$to/share/doc/paraguest man=$to/share/man

remove() {
	rm -rf "$lib" "$doc"
	rm -f "$to/bin/paraguest-run" "$to/bin/paraguest-run-bochs" \
		"$to/bin/paraguest-run-stock-kvm" "$man/man1/paraguest-run.1" \
		"$man/man1/paraguest-run-bochs.1" "$man/man1/paraguest-run-stock-kvm.1" \
		"$man/man7/paraguest.7"
}

put() { # MODE DIRECTORY FILE...
	mode=$1 directory=$2
	shift 2
	mkdir -p "$directory"
	install -m "$mode" -- "$@" "$directory"
}

# put_runner NAME [DIRECTORY/]FILE: installs it, to be called by this name.
put_runner() {
	put 755 "$(dirname "$lib/$2")" "$2"
	ln -s "../lib/paraguest/$2" "$to/bin/$1"
	[ "$1" = paraguest-run ] || ln -s paraguest-run.1 "$man/man1/$1.1"
}

remove # what another version had
[ "$build" != --remove ] || exit 0

put 644 "$lib" "$build/guest.elf" "$build/host.elf" "$build/rom.bin" "$build/version" \
	"$build/guest.elf-gdb.py" "$build/host.elf-gdb.py"
[ ! -e "$build/paraguest.iso" ] || put 644 "$lib" "$build/paraguest.iso"
put 644 "$lib/src/runner" src/runner/*.pl src/runner/run.sh src/runner/packages.sh \
	src/runner/bochs.sh src/runner/stock-kernel.sh
put 644 "$lib/tests/kvm" tests/kvm/expected-*.tsv
put 644 "$lib/tests/kvm2007" tests/kvm2007/expected-*.tsv
put 644 "$doc" LICENSE README.md CHANGELOG.md
put 644 "$doc/docs" docs/*.md # failures cite the rules that are in them
put 644 "$man/man1" docs/paraguest-run.1
put 644 "$man/man7" docs/paraguest.7

mkdir -p "$to/bin"
put_runner paraguest-run run-qemu.sh
put_runner paraguest-run-bochs src/runner/run-bochs.sh
[ ! -e "$build/tests/vmm" ] || {
	put 755 "$lib/tests" "$build/tests/vmm" "$build/tests/init"
	put_runner paraguest-run-stock-kvm src/runner/run-stock-kvm.sh
}
