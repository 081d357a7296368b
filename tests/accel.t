#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# If there is a /dev/kvm that does not work, --accel=auto uses TCG, --accel=kvm is an error, and
# both say why.
. tests/tap.sh

# with_kvm FILE COMMAND...: runs it with FILE, of $tmp, as /dev/kvm; all else is as usual for QEMU.
cat >"$tmp/with_kvm" <<'END'
set -e
dev=$1/dev kvm=$1/$2
shift 2
for node in null zero random urandom; do
	mount --bind /dev/$node "$dev/$node"
done
mount --bind "$kvm" "$dev/kvm"
mount --rbind "$dev" /dev
"$@"
END
mkdir "$tmp/dev" "$tmp/dev/shm"
ln -s /proc/self/fd "$tmp/dev/fd"
for node in null zero random urandom kvm; do : >"$tmp/dev/$node"; done
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => shift, Listen => 1) or die $!' \
	"$tmp/socket"
: >"$tmp/file"

map=
[ "$(id -u)" -eq 0 ] || map=--map-root-user
with_kvm() {
	# shellcheck disable=SC2086 # $map may be nothing
	unshare --mount $map sh "$tmp/with_kvm" "$tmp" "$@"
}

if ! with_kvm file true 2>"$tmp/err"; then
	skip 'a /dev/kvm that does not work' 'no mount namespaces are allowed here'
	finish
	exit
fi

# run STATUS NAME FILE OPTION...
run() {
	wanted=$1 name=$2 kvm=$3
	shift 3
	with_kvm "$kvm" ./run-qemu.sh "$@" >"$tmp/out" 2>"$tmp/err"
	is $? "$wanted" "$name: exit status" || sed 's/^/# /' "$tmp/err"
}

# falls_back NAME: the last run has a whole stream.
falls_back() {
	is "$(head -n 1 "$tmp/out")" 'TAP version 13' "$1: the stream has its first line"
	is "$(grep -c '^# RESULT: ' "$tmp/out")" 1 "$1: with one verdict"
}

# ---- it cannot be opened: a socket gives ENXIO --------------------------------------------------

why='/dev/kvm cannot be opened: No such device or address'
for options in --host=none '--host=none --accel=auto' --accel=auto; do
	# shellcheck disable=SC2086 # a list
	run 0 "cannot open, $options" socket $options
	has "$tmp/err" "^run-qemu.sh: --accel=auto: $why; using TCG\$" \
		"cannot open, $options: said at once"
	falls_back "cannot open, $options"
done
run 99 'cannot open, --accel=kvm' socket --accel=kvm --host=none
has "$tmp/err" "^run-qemu.sh: --accel=kvm: $why\$" 'cannot open, --accel=kvm: says why'
run 0 'cannot open, default' socket
lacks "$tmp/err" . 'cannot open, default: nobody asked for KVM'

# ---- it opens, but QEMU cannot use it -----------------------------------------------------------

for host in none ref; do
	run 0 "no KVM, host=$host" file --host=$host --accel=auto --smp=4 --log="$tmp/log"
	has "$tmp/out" '^# qemu: .*falling back to tcg$' "no KVM, host=$host: the stream says so"
	falls_back "no KVM, host=$host"
	is "$(tr -d '\r' <"$tmp/log" | head -n 1)" 'TAP version 13' \
		"no KVM, host=$host: --log has the run"
done
has "$tmp/out" '^# RESULT: PASS ' 'no KVM, on the host: passes'
run 99 'no KVM, --accel=kvm' file --host=none --accel=kvm
has "$tmp/out" '^# runner: QEMU did not start' 'no KVM, --accel=kvm: an error'
has "$tmp/out" '^# qemu: .*[kK][vV][mM]' "no KVM, --accel=kvm: QEMU's reason"

# The runner adds nothing if QEMU's own options choose, in each of their spellings.
program "$tmp/show" <<'END'
echo "$*" >>"$0.calls"
exit 1
END
for given in '-accel kvm' -enable-kvm '-machine pc,accel=kvm'; do
	# shellcheck disable=SC2086 # a list
	QEMU=$tmp/show run 99 "own $given" socket --host=none -- $given
	lacks "$tmp/err" '--accel' "own $given: nothing is said"
done
lacks "$tmp/show.calls" '-accel tcg|-accel .*-accel|-accel .*-enable-kvm|-accel .*accel=kvm' \
	'own: the runner adds no -accel'
finish
