#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --deps if nobody can become root; and whose files are made if root builds in a user's checkout.
. tests/tap.sh

# A checkout whose Makefile makes files where the real one does, but without building anything.
mkdir -p "$tmp/checkout/.git" "$tmp/bin" "$tmp/empty"
cp -R run-qemu.sh src tests "$tmp/checkout/"
cat >"$tmp/checkout/Makefile" <<'END'
images:
	mkdir -p $(O)/obj && touch $(O)/obj/x.o .git/index
	echo x | tee $(O)/guest.elf >$(O)/host.elf
END
program "$tmp/bin/apt-get" <<END
echo "apt-get \$*" >>"$tmp/ran"
exit \${APT_STATUS:-0}
END
echo 'echo here >&2; exit 33' | program "$tmp/bin/qemu"
# A machine that has only the programs that the runner itself calls.
for program in sh perl cat cut find id sort ls dirname touch mkdir make mv rm tee flock setsid \
	setpriv env nproc; do
	found=$(command -v "$program") &&
		case $found in /*) ln -s "$found" "$tmp/bin/$program" ;; esac
done
chmod -R a+rX "$tmp"
chmod 777 "$tmp" "$tmp/checkout" "$tmp/checkout/.git"

# Runs a command as an ordinary user, without a terminal.
anybody() { # COMMAND WORD...
	if [ "$(id -u)" -eq 0 ]; then
		setsid setpriv --reuid=12345 --regid=12345 --clear-groups "$@"
	else
		setsid "$@"
	fi
}
# deps: --deps by an ordinary user on that machine.
deps() {
	rm -f "$tmp/ran"
	(cd "$tmp/checkout" && PATH=$tmp/bin QEMU=$tmp/bin/qemu O=build anybody ./run-qemu.sh \
		--deps --host=none --accel=tcg) \
		>"$tmp/out" 2>"$tmp/err" </dev/null
}
# The runner names the packages and a command that can be copied.
told() { # NAME
	has "$tmp/err" '^run-qemu.sh: these packages are missing: .*\bbochs .*\bqemu-system-x86' \
		"$1: names the packages"
	command='apt-get update && apt-get install -y --no-install-recommends'
	has "$tmp/err" "^$command .*\\bbochs .*\\bqemu-system-x86" "$1: and the command"
	[ ! -s "$tmp/out" ]
	ok $? "$1: runs nothing"
}

if ! command -v setsid >/dev/null || ! command -v setpriv >/dev/null; then
	skip '--deps' 'no setsid and setpriv here'
	finish
	exit
fi

# ---- nobody can become root ---------------------------------------------------------------------

deps
is $? 99 'no root and no sudo: exit status'
told 'no root and no sudo'
holds 'no root and no sudo: nothing was tried' test ! -e "$tmp/ran"

program "$tmp/bin/sudo" <<END
echo "sudo \$*" >>"$tmp/ran"
echo 'sudo: a password is required' >&2
exit 1
END
deps
is $? 99 'sudo wants a password, no terminal: exit status'
told 'sudo wants a password, no terminal'
is "$(cat "$tmp/ran")" 'sudo -n true' 'sudo wants a password, no terminal: it was not asked for one'

program "$tmp/bin/sudo" <<END
case \$1 in -n) exit ;; esac
"\$@"
END
APT_STATUS=100 deps
is $? 99 'apt-get fails: exit status'
told 'apt-get fails'

deps
has "$tmp/out" '^# qemu: here$' 'sudo without a password: and then runs'
has "$tmp/ran" '^apt-get install .*\bqemu-system-x86' 'sudo without a password: installs'

mv "$tmp/bin/sudo" "$tmp/bin/doas"
deps
has "$tmp/ran" '^apt-get install .*\bqemu-system-x86' 'doas does, where there is no sudo'

# ---- root in a user's checkout ------------------------------------------------------------------

# as_root O: root calls the README's first command in the checkout of user 12345.
as_root() {
	rm -rf "$tmp/checkout/build"
	chown -R 12345:12345 "$tmp/checkout"
	(cd "$tmp/checkout" && umask 077 && PATH=$tmp/bin QEMU=$tmp/bin/qemu O=$1 \
		./run-qemu.sh --deps --host=none --accel=tcg) >"$tmp/out" 2>"$tmp/err" </dev/null
}
if [ "$(id -u)" -eq 0 ]; then
	as_root build
	holds "root in a user's checkout: it is built" test -s "$tmp/checkout/build/guest.elf"
	is "$(find "$tmp/checkout" ! -uid 12345)" '' "root in a user's checkout: all is the user's"
	# shellcheck disable=SC2016 # for that shell
	(cd "$tmp/checkout" && anybody make -s images O=build) >"$tmp/err" 2>&1
	is $? 0 "root in a user's checkout: the user's own make works"
	as_root "$tmp/of-root"
	is "$(find "$tmp/of-root" ! -uid 0)" '' "O in a directory of root's: all is root's"
	is "$(find "$tmp/checkout" ! -uid 12345)" '' 'and all in the checkout still the user'"'"'s'
else
	skip "root in a user's checkout" 'for root only'
fi
finish
