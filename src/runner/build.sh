# SPDX-License-Identifier: GPL-2.0-only
# Sourced by run.sh in the source's directory: builds what a run needs.  It is not installed.
# shellcheck shell=sh disable=SC2154 # run.sh sets here, build and as

SOURCES='boot src linker.ld Makefile VERSION'
[ ! -e "$here/.git/logs/HEAD" ] || SOURCES="$SOURCES .git/logs/HEAD" # images name their commit

# Compares the sources with a stamp, not with the images: make does not build an image that does not
# depend on the changed file, and that image would look old for ever.
is_built() { # IMAGE...
	for image; do
		[ -s "$image" ] || return
	done
	[ -e "$stamp" ] || return
	# shellcheck disable=SC2086 # a list of files
	[ -z "$(find $SOURCES -newer "$stamp" 2>&1)" ]
}

# If two runs start at once, one builds and the other waits, up to a minute: then it builds, too,
# which does no harm.
build_locked() { # GOAL IMAGE...
	goal=$1
	shift
	flock -w 60 7 2>/dev/null
	is_built "$@" || MAKEFLAGS='' MFLAGS='' \
		$as make -s -j "$(nproc 2>/dev/null || echo 1)" O="$build" "$goal" >&2 7<&-
}

make_images() { # GOAL IMAGE...
	goal=$1
	shift
	stamp=$build/.built-$goal
	is_built "$@" && return
	choose_owner "$build"
	$as mkdir -p "$build" || die "cannot make the build directory $build"
	# Made before the build: a file that changes meanwhile must look new next time.
	$as touch "$stamp.$$" "$build/.lock" ||
		die "cannot write to the build directory $build"
	(build_locked "$goal" "$@") 7<"$build/.lock" || {
		rm -f "$stamp.$$"
		die "the build failed: make $goal"
	}
	$as mv -f "$stamp.$$" "$stamp"
}
