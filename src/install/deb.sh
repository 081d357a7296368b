#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# src/install/deb.sh BUILD: makes a Debian package there of what make install installs.  It is for
# one's own machines: Debian's policy wants more.  The same images make the same package.
#
# The architecture is "all": no program of it runs on the machine itself, but in an emulated one.
set -eu
export LC_ALL=C
umask 022
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1167955200}" # January 2007, as the ABI

command -v dpkg-deb >/dev/null || {
	echo "$0: there is no dpkg-deb here" >&2
	exit 1
}
build=$1
version=$(cat VERSION)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
src/install/install.sh "$build" "$stage/root" /usr
mv "$stage/root/usr/share/doc/paraguest/LICENSE" "$stage/root/usr/share/doc/paraguest/copyright"
mkdir "$stage/root/DEBIAN"
cat >"$stage/root/DEBIAN/control" <<END
Package: paraguest
Version: $version
Architecture: all
Maintainer: The paraguest authors <paraguest@localhost>
Installed-Size: $(($(find "$stage/root/usr" -type f -exec cat {} + | wc -c) / 1024 + 1))
Depends: qemu-system-x86
Recommends: binutils
Suggests: bochs, bochs-term, bochsbios, vgabios, gdb
Section: admin
Priority: optional
Description: a guest that checks its hypervisor's paravirtual promises
 A tiny bootable kernel that checks what KVM's paravirtual interfaces promise, that of 2007 and
 today's, and a reference hypervisor that keeps these promises, or breaks one if told so.
END
dpkg-deb --root-owner-group -Zxz --build "$stage/root" "$stage/deb" >/dev/null
name=paraguest_${version}_all.deb
cp "$stage/deb" "$build/$name.$$" && mv -f "$build/$name.$$" "$build/$name"
echo "$build/$name"
