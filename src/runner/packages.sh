# SPDX-License-Identifier: GPL-2.0-only
# Sourced by run.sh for --deps: installs the packages that are missing to build, run and test, and
# gets Debian's kernel.
# shellcheck shell=sh disable=SC2154 # run.sh sets self, installed, root, kernels and as

# Commands and files, any one of which shows that a package is there | apt | dnf | pacman
packages() { # to run; and in the source to build and test
	cat <<'END'
qemu-system-x86_64|qemu-system-x86|qemu-system-x86-core|qemu-system-x86
bochs|bochs bochs-term bochsbios vgabios|bochs|bochs
addr2line|binutils|binutils|binutils
xz|xz-utils|xz|xz
END
	[ -n "$installed" ] || cat <<'END'
gcc|gcc|gcc|gcc
/usr/include/stdio.h|libc6-dev|glibc-devel|glibc
/usr/lib/x86_64-linux-gnu/libc.a /usr/lib64/libc.a /usr/lib/libc.a|libc6-dev|glibc-static|glibc
make|make|make|make
nasm|nasm|nasm|nasm
ld|binutils|binutils|binutils
prove|perl|perl-Test-Harness|perl
/usr/include/cmocka.h|libcmocka-dev|libcmocka-devel|cmocka
grub-file grub2-file|grub-common|grub2-tools-minimal|grub
grub-mkrescue grub2-mkrescue|grub-common|grub2-tools-extra|grub
/usr/lib/grub/i386-pc|grub-pc-bin|grub2-pc-modules|grub
/usr/lib/grub/x86_64-efi|grub-efi-amd64-bin|grub2-efi-x64-modules|grub
/usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/edk2/ovmf /usr/share/edk2/x64|ovmf|edk2-ovmf|edk2-ovmf
/usr/lib/ISOLINUX|isolinux syslinux-common||
xorriso|xorriso|xorriso|libisoburn
mformat|mtools|mtools|mtools
shellcheck|shellcheck|ShellCheck|shellcheck
clang|clang libclang-rt-dev|clang compiler-rt|clang compiler-rt
clang-format|clang-format|clang-tools-extra|clang
clang-tidy|clang-tidy|clang-tools-extra|clang
cppcheck|cppcheck|cppcheck|cppcheck
mandoc|mandoc|mandoc|mandoc
ld.lld|lld|lld|lld
musl-gcc|musl-tools|musl-gcc|musl
ccache|ccache|ccache|ccache
gdb|gdb|gdb|gdb
git|git|git|git
xmllint|libxml2-utils|libxml2|libxml2
ctest|cmake|cmake|cmake
meson|meson|meson|meson
automake|automake|automake|automake
/usr/share/perl5/TAP/Formatter/JUnit.pm|libtap-formatter-junit-perl||
/usr/share/perl5/TAP/Harness/JUnit.pm|libtap-harness-junit-perl||
END
}

is_there() { # COMMAND-OR-FILE...
	for probe; do
		if [ -e "$probe" ] || command -v "$probe" >/dev/null; then return; fi
	done
	return 1
}

announce_and_run() { # COMMAND WORD...
	printf '%s\n' "$*" >&2
	"$@" >&2 </dev/null && return
	printf "%s: '%s' failed\n" "$self" "$*" >&2
	return 1
}

# Sets $sudo to what runs a command as root.  Fails if there is no way, or if it would ask for a
# password and there is no terminal.
become_root() {
	sudo=
	[ "$(id -u)" -ne 0 ] || return 0
	for sudo in sudo doas; do
		command -v "$sudo" >/dev/null || continue
		if "$sudo" -n true 2>/dev/null || (: </dev/tty) 2>/dev/null; then return; fi
	done
	return 1
}

install_missing() {
	column=1
	for manager in apt-get dnf pacman none; do
		column=$((column + 1))
		command -v "$manager" >/dev/null && break
	done
	[ "$manager" != none ] || column=2
	# shellcheck disable=SC2086 # a list of probes
	missing=$(packages | while IFS='|' read -r probes names; do
		IFS=' '
		is_there $probes || echo "|$names"
	done | cut -d'|' -f"$column" | sort -u)
	[ -n "$missing" ] || return 0
	# shellcheck disable=SC2086 # a list, one a line
	set -- $missing
	missing=$*
	update='' install=''
	case $manager in
	apt-get)
		update='apt-get update'
		install='apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120' ;;
	dnf) install='dnf install -y' ;;
	pacman) install='pacman -S --needed --noconfirm' ;;
	*) die "neither apt-get, dnf nor pacman is here to install: $missing" ;;
	esac
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # lists of words, perhaps empty
	if become_root; then
		[ -z "$update" ] || announce_and_run $sudo $update # if it fails, old lists may do
		announce_and_run $sudo $install $missing && return
	fi
	cat >&2 <<END
$self: these packages are missing: $missing
$self: this installs them, as root:
${update:+$update && }$install $missing
END
	exit 99
}

unpack_kernel() { # SERIES
	$as mkdir -p "$kernels" 2>&1 &&
		$as sh "${root}src/runner/stock-kernel.sh" "$1" "$kernels"
}

# Gets the kernel that run-stock-kvm.sh boots: 6.1, say, or release, this release's own.  Without it
# only that runner is skipped, so this is no error.  $no_kernel says why there is none.
get_kernel() { # SERIES
	no_kernel=''
	[ ! -s "$kernels/linux-$1/vmlinuz" ] || return 0
	choose_owner "$kernels"
	no_kernel=$(unpack_kernel "$1") && return
	# The lists of packages may be missing, or too old.
	if command -v apt-cache >/dev/null && become_root; then
		# shellcheck disable=SC2086 # $sudo may be nothing
		announce_and_run $sudo apt-get update && no_kernel=$(unpack_kernel "$1") && return
	fi
	printf '%s: for a stock KVM there is no kernel: %s\n' "$self" "$no_kernel" >&2
}
