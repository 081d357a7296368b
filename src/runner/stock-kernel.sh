# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Gets Debian's kernel for run-stock-kvm.sh: unpacks the kernel itself and what KVM for AMD needs of
# its package.  Nothing is installed.  If it cannot be done, prints why, and fails.
#
#   sh src/runner/stock-kernel.sh SERIES BUILD-DIRECTORY    to linux-SERIES there, from the network
#   sh src/runner/stock-kernel.sh PACKAGE-FILE DIRECTORY    to this directory, which is there
#
# SERIES is as 6.1, or release: that of this release, to which linux-release is then a link.

set -uf
export LC_ALL=C

give_up() {
	echo "$*"
	[ -z "${part-}" ] || rm -rf "$part"
	exit 1
}

trap 'give_up interrupted' HUP INT TERM

# Sets $package to what a metapackage of Debian's leads to: linux-image-amd64 to
# linux-image-6.1.0-56-amd64.  And $found to its series.
choose_package() { # SERIES
	metas=linux-image-amd64
	[ "$1" = release ] || metas="linux-image-$1-amd64 $metas"
	trouble="apt knows none of: $metas"
	for meta in $metas; do
		package=$(apt-cache depends "$meta" 2>/dev/null |
			sed -n 's/^  Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
		found=$(echo "$package" | sed -n 's/^linux-image-\([0-9]*\.[0-9]*\).*/\1/p')
		case $1 in release | "$found") [ -z "$found" ] || return 0 ;; esac
		[ -z "$found" ] || trouble="no Linux $1 in this release: $meta is $found"
	done
	give_up "$trouble"
}

download() { # PACKAGE DIRECTORY
	# As root, apt would warn that it does not use its own user to write here.
	(cd "$2" && apt-get download -o APT::Sandbox::User=root "$1" >err 2>&1) ||
		give_up "apt-get download $1: $(sed -n 's/^E: //p' "$2/err" | head -n 1)"
}

# The modules lie in /lib or /usr/lib, and may be compressed.
unpack() { # PACKAGE-FILE DIRECTORY
	dpkg-deb --fsys-tarfile "$1" 2>"$2/err" | tar -C "$2" --wildcards -xf - \
		'./boot/vmlinuz-*' '*/irqbypass.ko*' '*/ccp.ko*' '*/kvm.ko*' '*/kvm-amd.ko*' \
		2>"$2/missing" # a module may be built in
	find "$2" -name 'vmlinuz-*' -exec mv {} "$2/vmlinuz" \;
	[ -s "$2/vmlinuz" ] || give_up "$1: no kernel in it: $(cat "$2/err" "$2/missing" | head -n 1)"
	find "$2" -name '*.ko.xz' -exec xz -d {} + || give_up "$1: its modules want xz (xz-utils)"
	find "$2" -mindepth 2 -name '*.ko' -exec mv {} "$2" \;
	(cd "$2" && rm -rf boot lib usr err missing)
	unpack_vmlinux "$2"
}

# What Linux unpacks when it boots, which under an emulator takes half of the time: QEMU can boot it
# already unpacked (PVH).  vmlinux is not made if that is not possible: not by xz, or without PVH.
# Linux, Documentation/arch/x86/boot.rst: setup_sects, payload_offset and payload_length.
unpack_vmlinux() { # DIRECTORY
	# shellcheck disable=SC2016 # Perl's
	{
		perl -0777 -ne 'my ($at, $n) = unpack "V2", substr $_, 0x248, 8;
			print substr $_, (1 + ord substr $_, 0x1f1) * 512 + $at, $n - 4' \
			"$1/vmlinuz" | xz -dc >"$1/vmlinux" &&
			perl -0777 -ne 'exit !/^\x7fELF.*\x04\0{3}[\x04\x08]\0{3}\x12\0{3}Xen\0/s' \
				"$1/vmlinux"
	} 2>/dev/null || rm -f "$1/vmlinux"
}

case $1 in
*.deb)
	unpack "$@"
	exit ;;
esac
command -v apt-cache >/dev/null || give_up 'there is no apt here, and only Debian has the package'
choose_package "$1"
directory=$2/linux-$found
if [ ! -e "$directory" ]; then
	part=$(mktemp -d "$directory.XXXXXX") || give_up "cannot write to $2"
	download "$package" "$part"
	find "$part" -name '*.deb' >"$part/list"
	deb=$(cat "$part/list")
	unpack "$deb" "$part"
	rm -f "$deb" "$part/list"
	chmod 755 "$part"
	# Another process may have been faster.
	mv -T "$part" "$directory" 2>/dev/null || rm -rf "$part"
fi
[ "$1" != release ] || ln -sfn "linux-$found" "$2/linux-release"
