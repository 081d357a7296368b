# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the tests, which run in the project's directory: prints a TAP line for each fact.
# O is the build directory, $tmp a directory for the test's files.
# shellcheck shell=sh

O=${O:-build}
tests=0
failed=0
# The caller's environment must not change what the tests do.  A TMPDIR with special characters
# would be taken apart in QEMU's options.
export LC_ALL=C
unset CDPATH GREP_OPTIONS POSIXLY_CORRECT PERL5OPT PERL_UNICODE PERLIO
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
case ${TMPDIR:-/tmp} in [!/]* | *[!A-Za-z0-9_./+@-]*) export TMPDIR=/tmp ;; esac
tmp=$(mktemp -d) || {
	echo "Bail out! no directory can be made in ${TMPDIR:-/tmp}"
	exit 1
}
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

# ok STATUS NAME: a fact that holds if STATUS is 0.  Returns STATUS.
ok() {
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $2"
	fi
	return "$1"
}

# holds NAME COMMAND WORD...: a fact that holds if the command succeeds.
holds() {
	fact=$1
	shift
	"$@"
	ok $? "$fact"
}

# is GOT WANTED NAME
is() {
	[ "$1" = "$2" ]
	ok $? "$3" || printf '%s\n' "wanted: $2" "got:    $1" | sed 's/^/# /'
}

# has FILE PATTERN NAME: a line of FILE matches PATTERN, an extended regular expression.
has() {
	grep -Eq -e "$2" "$1"
	ok $? "$3" || {
		echo "# wanted a line: $2"
		sed 's/^/# got: /' "$1" | tail -n 20
	}
}

# lacks FILE PATTERN NAME: no line of FILE matches PATTERN.
lacks() {
	! grep -Eq -e "$2" "$1"
	ok $? "$3"
	grep -E -e "$2" "$1" | sed 's/^/# unwanted: /'
}

# skip NAME REASON: a fact that cannot be tested here.
skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# finish: prints the plan, after all facts.  Fails if a fact does not hold.
finish() {
	echo "1..$tests"
	[ "$failed" -eq 0 ]
}

# program FILE: makes an executable shell script, its text from stdin.
program() {
	{
		echo '#!/bin/sh'
		cat
	} >"$1" && chmod +x "$1"
}

# build_directory DIR [GUEST [HOST]]: makes a build directory in which the runners build nothing,
# with these images or those of $O.
build_directory() {
	[ -s "$O/tests/rogue.elf" ] && [ -s "$O/rom.bin" ] ||
		make -s O="$O" images test-images >&2 || exit 1
	mkdir -p "$1"
	cp "${2:-$O/guest.elf}" "$1/guest.elf"
	cp "${3:-$O/host.elf}" "$1/host.elf"
	cp "$O/rom.bin" "$1/"
	touch -t 203801010000 "$1/.built-images" "$1/.built-iso" "$1/.built-stock-kvm"
}

# wait_for FILE: waits until it is not empty, 10 seconds at most.
wait_for() {
	for _ in $(seq 100); do
		[ -s "$1" ] && return
		sleep 0.1
	done
	return 1
}

# results FILE: prints the results in a stream, and the verdict.
results() {
	grep -E '^(not )?ok |^# RESULT' "$1"
}

# kvm_is_here: whether KVM works: its device may be there without.
kvm_is_here() {
	[ -w /dev/kvm ] && echo quit | timeout 20 qemu-system-x86_64 -M none -accel kvm \
		-nodefaults -display none -monitor stdio >/dev/null 2>&1
}

# bochs_is_here: whether Bochs can run.  Builds what it boots: parallel runs would all build it.
bochs_is_here() {
	command -v bochs >/dev/null && make -s O="$O" images >&2
}

# grub_is_here: whether an ISO can be made.  $no_grub is what a test that is skipped says.
# shellcheck disable=SC2034
no_grub='no GRUB for BIOS and UEFI, xorriso or mtools here'
grub_is_here() {
	[ -d /usr/lib/grub/i386-pc ] && [ -d /usr/lib/grub/x86_64-efi ] &&
		command -v grub-mkrescue >/dev/null && command -v xorriso >/dev/null &&
		command -v mformat >/dev/null
}

# ovmf_is_here: whether there is a firmware for UEFI.  Sets $ovmf to QEMU's options for it, words
# without spaces: its code, and its variables, of which QEMU changes only a copy.
ovmf_is_here() {
	for code in /usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/edk2/ovmf/OVMF_CODE.fd \
		/usr/share/edk2/x64/OVMF_CODE.4m.fd; do
		variables=${code%CODE*}VARS${code##*CODE}
		ovmf="-drive if=pflash,format=raw,readonly=on,file=$code"
		ovmf="$ovmf -drive if=pflash,format=raw,snapshot=on,file=$variables"
		[ ! -r "$code" ] || return 0
	done
	return 1
}
