#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tests/fresh.sh SUITE [DIRECTORY]: runs the README's two commands in a minimal Debian, as a new
# user would: first as root, and then as an ordinary user who finds the packages installed.  Then
# root installs paraguest from the archive of make dist and removes all sources, and the user runs
# what is installed, also with a QEMU that is elsewhere.
#
# DIRECTORY (default paraguest-fresh in $TMPDIR or /tmp) keeps the base system, for the next time,
# and the logs.  Only committed changes are tried; without git, the files as they are.  All mounts
# and processes are in namespaces of their own, and end with this script, whatever ends it.
#
# MIRROR: where packages come from (default: this machine's mirror).  TRY: what is run in place of
# the README's commands, with | between them.
set -uf

SUITES='bookworm trixie'
COMMANDS='./run-qemu.sh --deps|make check' # the README's
INSTALL='make dist && tar -xzf build/paraguest-*.tar.gz -C /root && cd /root/paraguest-[0-9]* &&
	make stock-kvm install && cd / && rm -rf /root/paraguest* /home/user/paraguest'
# As if it had been built there, and no other was installed.
MOVE_QEMU='mkdir -p /opt/qemu/bin && mv /usr/bin/qemu-system-x86_64 /opt/qemu/bin/ &&
	ln -s /usr/share /opt/qemu/share'
OWN_QEMU='QEMU=/opt/qemu/bin/qemu-system-x86_64 paraguest-run'

say() { printf '%s\n' "$*"; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 99
}

# ---- what is wanted -----------------------------------------------------------------------------

require() { # PROGRAM PACKAGE
	command -v "$1" >/dev/null || die "there is no $1 here: apt-get install $2"
}

check_arguments() { # SUITE [DIRECTORY]
	[ $# -eq 1 ] || [ $# -eq 2 ] || die "wanted: SUITE [DIRECTORY], SUITE one of: $SUITES"
	case " $SUITES " in *" $1 "*) ;; *) die "'$1' is none of: $SUITES" ;; esac
	[ "$(id -u)" -eq 0 ] ||
		die "only root can make a system in a directory: sudo tests/fresh.sh $*"
	require debootstrap debootstrap
	require unshare util-linux
	[ ! -e .git ] || require git git
	[ ! -e .git ] || [ -z "$(git status --porcelain)" ] ||
		say 'note: what is not committed is not tried'
}

# This machine's mirror, if it has one: others may not be reachable.
choose_mirror() {
	mirror=${MIRROR:-}
	# shellcheck disable=SC2016 # apt's own variables
	[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(SITE)' \
		'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null | head -n 1)
	mirror=${mirror:-http://deb.debian.org/debian}
	case $mirror in https:*) with=--include=ca-certificates ;; *) with='' ;; esac
}

# ---- steps --------------------------------------------------------------------------------------

# Shows the progress of a step on one line, if there is a terminal.
watch() { # PID
	[ -t 1 ] || return 0
	while kill -0 "$1" 2>/dev/null; do
		printf '\r\033[K%s of %s: %s, %s s: %.60s' \
			"$step" "$STEPS" "$what" $(($(date +%s) - began)) \
			"$(tail -n 1 -- "$log" | tr -d '\r\033')"
		sleep 1
	done
	printf '\r\033[K'
}

# run_step SECONDS WHAT COMMAND WORD...: sets $result and $took; the output goes to a log.
run_step() {
	limit=$1 what=$2
	shift 2
	step=$((step + 1)) began=$(date +%s)
	log=$logs/$step.log
	timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null &
	watch $!
	wait $!
	status=$?
	took=$(($(date +%s) - began))
	case $status in
	0) result=ok ;;
	124 | 137) result='timeout' ;;
	*) result="exit $status" ;;
	esac
	say "$step of $STEPS: $what: $result, $took s"
	[ "$status" -eq 0 ] && return
	tail -n 25 "$log" | sed 's/^/    /'
	say "    all of it: $log"
	return 1
}

# Makes the base system, or unpacks that of the last time.
make_root() { # SUITE
	base=$directory/$1.tar
	chmod 755 "$root"
	if [ ! -s "$base" ]; then
		# shellcheck disable=SC2086 # $with may be nothing
		debootstrap --variant=minbase $with "$1" "$root" "$mirror" || return
		tar -C "$root" --one-file-system -cf "$base.new" . && mv "$base.new" "$base" ||
			return
	else
		tar -C "$root" -xpf "$base" || return
	fi
	echo "deb $mirror $1 main" >"$root/etc/apt/sources.list"
	proxy=$(apt-config shell proxy Acquire::http::Proxy 2>/dev/null)
	[ -z "$proxy" ] || apt-config dump | grep '^Acquire::https*::Proxy' \
		>"$root/etc/apt/apt.conf.d/90proxy"
	# Packages must not start services.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" &&
		chmod +x "$root/usr/sbin/policy-rc.d"
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
}

# Its own /proc and /dev, with the usual files.
mount_all() {
	mount -t proc proc "$root/proc" && mount -t tmpfs -o mode=755 dev "$root/dev" || return
	for device in null:3 zero:5 full:7 random:8 urandom:9; do
		mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}" || return
	done
	mknod -m 666 "$root/dev/tty" c 5 0 && mkdir "$root/dev/pts" "$root/dev/shm" &&
		mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts" &&
		mount -t tmpfs -o mode=1777 shm "$root/dev/shm" &&
		ln -s pts/ptmx "$root/dev/ptmx" || return
	for link in fd: stdin:/0 stdout:/1 stderr:/2; do
		ln -s "/proc/self/fd${link#*:}" "$root/dev/${link%:*}" || return
	done
}

# A clone for each user, with that owner.
clone() {
	if [ -e .git ]; then
		git clone -q --no-local . "$root/root/paraguest"
	else
		mkdir "$root/root/paraguest" &&
			tar --exclude='./build*' -cf - . | tar -C "$root/root/paraguest" -xf -
	fi && chroot "$root" useradd -m -s /bin/bash user &&
		cp -R "$root/root/paraguest" "$root/home/user/" &&
		chroot "$root" chown -R user:user /home/user/paraguest
}

prepare() { # SUITE
	make_root "$1" && mount_all && clone
}

# in_root USER COMMAND: runs it with the environment of a user who has just logged in, in the clone
# as long as there is one.
in_root() {
	chroot "$root" /usr/bin/env -i TERM=dumb \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		su - "$1" -c "[ ! -d paraguest ] || cd paraguest; $2"
}

# ---- all together -------------------------------------------------------------------------------

# Each step is a process of its own, so that timeout can end it.
try() { # SUITE SECONDS USER WHAT COMMAND
	run_step "$2" "$3: $4" sh "$self" --inside in_root "$3" "$5" || failed=1
	table="$table$(row "$1" "$3" "$4" "$result" "$took")
"
}

try_all() { # SUITE
	step=0 failed=0 table='' commands=${TRY:-$COMMANDS}
	# shellcheck disable=SC2086 # to be split
	STEPS=$( (IFS='|'; set -- $commands; echo $((2 * $# + 6))))
	run_step 1800 "base system from $mirror" sh "$self" --inside prepare "$1" || return
	for user in root user; do
		IFS='|'
		for command in $commands; do
			unset IFS
			try "$1" 5400 "$user" "$command" "$command"
		done
	done
	try "$1" 1800 root 'make dist, install' "$INSTALL"
	try "$1" 300 user paraguest-run paraguest-run
	try "$1" 300 user paraguest-run-bochs paraguest-run-bochs
	try "$1" 60 root 'QEMU elsewhere' "$MOVE_QEMU"
	try "$1" 300 user 'paraguest-run, QEMU=' "! paraguest-run && $OWN_QEMU"
	printf '\n%s\n%s' "$(row suite user command result seconds)" "$table"
	return "$failed"
}

row() { printf '%-9s %-5s %-21s %-9s %8s' "$@"; }

# shellcheck disable=SC2317 # a trap calls it
stop() { # SIGNAL
	trap '' HUP INT TERM
	# It is the first process of its namespace: it ignores other signals, and all others end
	# with it.
	kill -s KILL "$inner" 2>/dev/null
	wait "$inner" 2>/dev/null
	rm -rf --one-file-system "$root"
	trap - "$1"
	kill -s "$1" $$
}

# In braces, so that the shell reads all of it before it runs any: this file may change meanwhile.
{
PATH=$PATH:/usr/sbin:/sbin
case ${1-} in
--inside)
	case $2 in
	prepare) prepare "$3" ;;
	in_root) in_root "$3" "$4" ;;
	try_all) try_all "$3" ;;
	esac
	exit
	;;
esac
case $0 in */*) cd -- "${0%/*}/.." ;; *) cd .. ;; esac || exit 99
self=$PWD/tests/fresh.sh
check_arguments "$@"
choose_mirror
directory=${2:-${TMPDIR:-/tmp}/paraguest-fresh}
if ! mkdir -p -- "$directory/logs-$1" || ! directory=$(cd -- "$directory" && pwd -P) ||
	! root=$(mktemp -d "$directory/$1.XXXXXX"); then
	die "cannot make files in $directory"
fi
logs=$directory/logs-$1
export self mirror with directory logs root
for signal in HUP INT TERM; do
	# shellcheck disable=SC2064 # $signal is to be expanded now
	trap "stop $signal" "$signal"
done
unshare --mount --pid --fork --kill-child sh "$self" --inside try_all "$1" &
inner=$!
wait "$inner"
status=$?
rm -rf --one-file-system "$root"
exit "$status"
}
