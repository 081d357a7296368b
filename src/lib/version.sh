#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Prints which paraguest this directory has: "0.2 (v0.1-12-g0123456789ab)", what VERSION says and what git knows; or
# what git archive wrote into .git-describe; or "0.2".  The same commit gives the same words: hence a
# fixed number of digits, as git's default is up to how many objects a clone has.

# Git of this directory, not of one above, where somebody unpacked us.  A directory that is named need
# not be the caller's own either, and nothing is written there: this may be root's first look at it.
from_git() {
	[ -e .git ] || return
	set -- git --no-optional-locks --git-dir=.git --work-tree=.
	what=$("$@" describe --always --tags --abbrev=12 2>/dev/null) || return
	# describe --dirty would write the index, whatever it is told.
	[ -z "$("$@" status --porcelain --untracked-files=no 2>/dev/null)" ] || what=$what-dirty
	echo "$what"
}

# A description, where there was a tag to start from, and the commit.
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
