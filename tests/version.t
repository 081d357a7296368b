#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A log says which version wrote it: VERSION, and git's description, which git archive keeps.
. tests/tap.sh

version=$(cat VERSION)
./run-qemu.sh --append=only=probe.presence >"$tmp/out" 2>"$tmp/err"
is "$(grep -m 1 '^#' "$tmp/out")" "# paraguest $(cat "$O/version")" 'the first diagnostic'
./run-qemu.sh --append=frob >"$tmp/out" 2>"$tmp/err"
is "$(grep -m 1 '^#' "$tmp/out")" "# paraguest $(cat "$O/version")" \
	'the first diagnostic, of a wrong option'
./run-qemu.sh --host-append=frob >"$tmp/out" 2>"$tmp/err"
is "$(grep -m 1 '^#' "$tmp/out")" "# paraguest $(cat "$O/version")" \
	'the first diagnostic, of a wrong option of the host'
case $(cat "$O/version") in "$version" | "$version ("*")") ;; *) false ;; esac
ok $? 'the version begins with what VERSION says'

# ---- src/lib/version.sh -------------------------------------------------------------------------

tree() { # DIRECTORY
	mkdir -p "$1/src/lib"
	cp src/lib/version.sh "$1/src/lib/"
	cp VERSION .gitattributes "$1/"
	# As in a checkout; this may be an archive, where it is a description.
	# shellcheck disable=SC2016 # git's
	echo '$Format:%(describe:tags=true,abbrev=12) %H$' >"$1/.git-describe"
	[ ! -e .git ] || cp .git-describe "$1/"
}
says() { # DIRECTORY WANTED NAME
	is "$("$1/src/lib/version.sh" 2>&1)" "$2" "$3"
}

tree "$tmp/plain"
says "$tmp/plain" "$version" 'neither git nor archive: VERSION'
(cd / && "$tmp/plain/src/lib/version.sh") >"$tmp/out"
is "$(cat "$tmp/out")" "$version" 'from another directory'
printf '%s\n' 'v0.2-3-g0123456789ab 0123456789abcdef0123456789abcdef01234567' \
	>"$tmp/plain/.git-describe"
says "$tmp/plain" "$version (v0.2-3-g0123456789ab)" 'an archive, with a tag'
printf '%s\n' ' 0123456789abcdef0123456789abcdef01234567' >"$tmp/plain/.git-describe"
says "$tmp/plain" "$version (0123456789ab)" 'an archive, without a tag'
# shellcheck disable=SC2016 # nothing is to be expanded
printf '%s\n' '"$(x)\ y' >"$tmp/plain/.git-describe"
says "$tmp/plain" "$version (x)" 'special characters are left out'
rm "$tmp/plain/.git-describe"
says "$tmp/plain" "$version" 'an archive without a description'

if ! command -v git >/dev/null; then
	skip 'git' 'it is not there'
	finish
	exit
fi
git() {
	command git -c user.name=x -c user.email=x@example.org -c init.defaultBranch=x "$@"
}
tree "$tmp/git"
git init -q "$tmp/git"
git -C "$tmp/git" add .
GIT_COMMITTER_DATE='@1 +0000' GIT_AUTHOR_DATE='@1 +0000' git -C "$tmp/git" commit -q -m x
hash=$(git -C "$tmp/git" rev-parse --short=12 HEAD)
says "$tmp/git" "$version ($hash)" 'a commit'
git -C "$tmp/git" tag v9
says "$tmp/git" "$version (v9)" 'a tag'
git -C "$tmp/git" commit -q --allow-empty -m y
hash=$(git -C "$tmp/git" rev-parse --short=12 HEAD)
says "$tmp/git" "$version (v9-1-g$hash)" 'a commit after a tag'
is "$(GIT_DIR=/nonexistent "$tmp/git/src/lib/version.sh")" "$version (v9-1-g$hash)" \
	"not another directory's that GIT_DIR names"
mkdir "$tmp/archive"
git -C "$tmp/git" archive HEAD | tar -x -C "$tmp/archive"
says "$tmp/archive" "$version (v9-1-g$hash)" 'git archive says the same'
echo >>"$tmp/git/VERSION"
says "$tmp/git" "$version (v9-1-g$hash-dirty)" 'a changed file'
tree "$tmp/git/inner/tree"
says "$tmp/git/inner/tree" "$version" "a tree that was unpacked in another's checkout"
if [ "$(id -u)" -eq 0 ]; then
	chown -R 12345 "$tmp/git"
	says "$tmp/git" "$version (v9-1-g$hash-dirty)" "somebody else's checkout"
	is "$(find "$tmp/git/.git" ! -user 12345)" '' 'where no file of root'"'"'s is left'
else
	skip "somebody else's checkout" 'only root can make one'
fi
mkdir "$tmp/bin"
for program in sh tr printf; do ln -s "$(command -v $program)" "$tmp/bin/"; done
is "$(PATH=$tmp/bin "$tmp/git/src/lib/version.sh" 2>&1)" "$version" \
	'a checkout without git: VERSION'

# ---- make ---------------------------------------------------------------------------------------

mkdir "$tmp/copy"
cp -R boot src tests linker.ld Makefile VERSION "$tmp/copy/"
built() { (cd "$tmp/copy" && make O="$tmp/o" CC="${CC:-gcc}" "$tmp/o/obj/src/lib/version.o") 2>&1; }
built >"$tmp/out"
has "$tmp/out" 'CC .*version\.o' 'built once'
built >"$tmp/out"
lacks "$tmp/out" 'version\.o$' 'not built again'
echo 9.9 >"$tmp/copy/VERSION"
built >"$tmp/out"
has "$tmp/out" 'CC .*version\.o' 'built again for another version'
has "$tmp/o/obj/src/lib/version.o" 'aliased|9\.9' 'with that version'
finish
