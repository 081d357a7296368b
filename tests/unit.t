#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The hosted tests, each built without and with sanitizers ("make unit").
. tests/tap.sh

unset CMOCKA_MESSAGE_OUTPUT CMOCKA_TEST_FILTER CMOCKA_XML_FILE

# run BINARY: it ends in time with exit status 0, and says that it has passed something.
run() {
	if [ ! -x "$1" ]; then
		echo "not built: run 'make unit'"
		return 1
	fi
	timeout 60 "$1" >"$tmp/output" 2>&1
	status=$?
	cat "$tmp/output"
	case $status in
	0)
		grep -q '^\[  PASSED  \] [1-9]' "$tmp/output" && return
		echo "exit status 0, but nothing passed"
		;;
	124) echo "still running after 60 seconds" ;;
	*) echo "exit status $status" ;;
	esac
	return 1
}

set -- "$O"/unit/test_* "$O"/unit-asan/test_*
if [ ! -e "$1" ] && [ ! -e "${2-}" ]; then
	echo "Bail out! no test in $O/unit or $O/unit-asan: run 'make unit'"
	exit 1
fi

# A list of the sources, so that a test that was not built is missed.
for source in tests/unit/test_*.c; do
	name=$(basename "$source" .c)
	for kind in unit unit-asan; do
		if [ "$kind" = unit-asan ] && [ -e "$O/unit-asan/unavailable" ]; then
			skip "$kind: $name" "$(cat "$O/unit-asan/unavailable")"
			continue
		fi
		run "$O/$kind/$name" >"$tmp/log"
		status=$?
		ok "$status" "$kind: $name"
		[ "$status" -eq 0 ] || grep -Ev '^\[ RUN  |^\[       OK' "$tmp/log" | sed 's/^/# /'
	done
done

# The compiler may replace a loop by a call of memcpy(): inside memcpy() that would never end.
name="the image's string.c calls nothing that it does not define"
object=$O/unit/obj/string-image.o
if undefined=$(${NM:-nm} -u "$object" 2>&1); then
	is "$undefined" "" "$name"
else
	ok 1 "$name"
	printf '%s\n' "$undefined" | sed 's/^/# /'
fi

finish
