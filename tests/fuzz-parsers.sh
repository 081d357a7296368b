#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tests/fuzz-parsers.sh BUILD SECONDS PARSER...: runs each parser's libFuzzer target that long.  The
# build directory keeps what they learn, for the next time, and an input with a finding.
set -u
build=$1 seconds=$2
shift 2
n=0 found=0
for parser; do
	n=$((n + 1))
	kept=$build/parsers/corpus/$parser
	mkdir -p "$kept"
	[ ! -t 1 ] || printf '%s of %s: %s, %s s, findings so far: %s\n' $n $# "$parser" "$seconds" $found
	"$build/parsers/$parser" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 \
		-artifact_prefix="$build/parsers/finding-$parser-" \
		"$kept" "tests/parsers/corpus/$parser" >"$build/parsers/$parser.log" 2>&1
	status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$build/parsers/$parser.log")
	if [ $status -eq 0 ]; then
		echo "$parser: ${runs:-0} runs, no finding"
	else
		found=$((found + 1))
		echo "$parser: a finding after ${runs:-0} runs:"
		grep -E 'not so:|runtime error|ERROR:|Test unit written' "$build/parsers/$parser.log" |
			sed 's/^/  /'
	fi
done
[ $found -eq 0 ]
