#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A /dev/kvm that is there but does not work: --accel=auto takes TCG and says why, --accel=kvm says why not.
. tests/tap.sh

# with_kvm WHAT COMMAND...: where /dev/kvm is WHAT, a file of $tmp, and nothing else has changed for QEMU.
cat >"$tmp/with_kvm" <<'EOF2'
set -e
dev=$1/dev kvm=$1/$2
shift 2
for node in null zero random urandom; do
	mount --bind /dev/$node "$dev/$node"
done
mount --bind "$kvm" "$dev/kvm"
mount --rbind "$dev" /dev
"$@"
EOF2
mkdir "$tmp/dev" "$tmp/dev/shm"
ln -s /proc/self/fd "$tmp/dev/fd"
for node in null zero random urandom kvm; do : >"$tmp/dev/$node"; done
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => shift, Listen => 1) or die $!' "$tmp/socket"
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

# run STATUS NAME WHAT OPTION...
run() {
	wanted=$1 name=$2 what=$3
	shift 3
	with_kvm "$what" ./run-qemu.sh "$@" >"$tmp/out" 2>"$tmp/err"
	is $? "$wanted" "$name: exit status" || sed 's/^/# /' "$tmp/err"
}

# falls_back NAME: what the run before came to.
falls_back() {
	is "$(head -n 1 "$tmp/out")" 'TAP version 13' "$1: the stream begins as ever"
	is "$(grep -c '^# RESULT: ' "$tmp/out")" 1 "$1: with one verdict"
}

# ---- it can't be opened: ENXIO, as any other error ----------------------------------------------

why='/dev/kvm cannot be opened: No such device or address'
for options in --host=none '--host=none --accel=auto' --accel=auto; do
	# shellcheck disable=SC2086 # a list
	run 0 "not to be opened, $options" socket $options
	has "$tmp/err" "^run-qemu.sh: --accel=auto: $why; using TCG\$" "not to be opened, $options: said at once"
	falls_back "not to be opened, $options"
done
run 99 'not to be opened, --accel=kvm' socket --accel=kvm --host=none
has "$tmp/err" "^run-qemu.sh: --accel=kvm: $why\$" 'not to be opened, --accel=kvm: says why'
run 0 'not to be opened, default' socket
lacks "$tmp/err" . 'not to be opened, default: nobody asked for KVM'

# ---- it opens, but QEMU can't use it ------------------------------------------------------------

for host in none ref; do
	run 0 "no KVM behind it, host=$host" file --host=$host --accel=auto --smp=4 --log="$tmp/log"
	has "$tmp/out" '^# qemu: .*falling back to tcg$' "no KVM behind it, host=$host: the stream says so"
	falls_back "no KVM behind it, host=$host"
	is "$(tr -d '\r' <"$tmp/log" | head -n 1)" 'TAP version 13' "no KVM behind it, host=$host: --log has the run"
done
has "$tmp/out" '^# RESULT: PASS ' 'no KVM behind it, on the host: passes'
run 99 'no KVM behind it, --accel=kvm' file --host=none --accel=kvm
has "$tmp/out" '^# runner: QEMU did not start' 'no KVM behind it, --accel=kvm: an error'
has "$tmp/out" '^# qemu: .*[kK][vV][mM]' "no KVM behind it, --accel=kvm: QEMU's reason"

# What QEMU says for itself is left alone, in all its spellings.
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
	'own: and no -accel of the runner is there'
finish
