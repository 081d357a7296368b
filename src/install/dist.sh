#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# src/install/dist.sh DIRECTORY: packs the sources as paraguest-VERSION.tar.gz there: of a checkout
# what is committed, else all files but build directories.  The same sources make the same bytes,
# and so does the unpacked archive: its files have the commit's date, and the next one takes that.
set -eu
export LC_ALL=C
unset CDPATH GREP_OPTIONS POSIXLY_CORRECT TAR_OPTIONS GZIP GIT_INDEX_FILE GIT_OBJECT_DIRECTORY
umask 022

case $1 in /*) to=$1 ;; *) to=$PWD/$1 ;; esac
cd "${0%/*}/../.."
version=$(cat VERSION)
name=paraguest-$version
mkdir -p "$to"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$stage/$name"

if [ -e .git ]; then
	# Given by name, the checkout may belong to another user.
	git="git --no-optional-locks --git-dir=.git --work-tree=."
	$git archive HEAD >"$stage/tar" # writes .git-describe, which has the version
	date=$($git log -1 --format=%ct)
	[ -z "$($git status --porcelain)" ] || echo "$0: what is not committed is left out" >&2
else
	find . -path './build*' -prune -o ! -type d -print0 | tar --null -T - -cf "$stage/tar"
	date=$(date -r VERSION +%s)
fi
tar -C "$stage/$name" -xf "$stage/tar"
tar -C "$stage" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner \
	--mode=u=rwX,go=rX --mtime="@${SOURCE_DATE_EPOCH:-$date}" -cf "$stage/tar" "$name"
gzip -n -9 "$stage/tar"
cp "$stage/tar.gz" "$to/$name.$$" && mv -f "$to/$name.$$" "$to/$name.tar.gz"
echo "$to/$name.tar.gz"
