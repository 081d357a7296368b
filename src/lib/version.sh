#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Prints the version of this directory: what VERSION says, and in parentheses what git says, or
# .git-describe, which git archive wrote: "0.2 (v0.1-12-g0123456789ab)", or only "0.2".  The number
# of digits is fixed, because git's default depends on how many objects a clone has.

# Asks git about this directory, not about one above it.  Given by name, it may belong to another
# user.  Nothing is written there: the caller may be root.
from_git() {
	[ -e .git ] || return
	set -- git --no-optional-locks --git-dir=.git --work-tree=.
	what=$("$@" describe --always --tags --abbrev=12 2>/dev/null) || return
	# Not by describe --dirty, which writes the index whatever the options.
	[ -z "$("$@" status --porcelain --untracked-files=no 2>/dev/null)" ] || what=$what-dirty
	echo "$what"
}

# The file has a description, if there was a tag, and the commit.
from_archive() {
	read -r first second <.git-describe || return
	case $first in *Format:* | '') return ;; esac
	[ -n "$second" ] || first=$(printf %.12s "$first")
	echo "$first"
}

cd "${0%/*}/../.." || exit
unset GIT_INDEX_FILE GIT_OBJECT_DIRECTORY
version=unknown
[ ! -r VERSION ] || read -r version <VERSION
what=$(from_git || from_archive 2>/dev/null | tr -cd '[:alnum:]._+-')
echo "$version${what:+ ($what)}"
