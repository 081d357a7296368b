#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The parsers' libFuzzer targets, on their corpus and on as many inputs again, always the same ones.
. tests/tap.sh

RUNS=20000

if ! make -s parsers >"$tmp/log" 2>&1; then
	if echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		"${FUZZ_CC:-clang}" -fsanitize=fuzzer,address,undefined -x c - -o "$tmp/probe" 2>/dev/null; then
		ok 1 'the targets build' # which they did not
		sed 's/^/# /' "$tmp/log"
	else
		skip 'the parsers' "no ${FUZZ_CC:-clang} with libFuzzer here (libclang-rt-dev)"
	fi
	finish
	exit
fi

for target in tests/parsers/*.c; do
	parser=$(basename "$target" .c)
	corpus=tests/parsers/corpus/$parser
	mkdir "$tmp/$parser" # where libFuzzer writes what it learns
	timeout 120 "$O/parsers/$parser" -runs=$RUNS -seed=1 -max_len=2048 \
		-artifact_prefix="$tmp/finding-" "$tmp/$parser" "$corpus" >"$tmp/out" 2>&1
	is $? 0 "$parser: no finding" || tail -n 30 "$tmp/out" | sed 's/^/# /'
	has "$tmp/out" "INFO: +[1-9][0-9]* files found in $corpus" "$parser: there is a corpus"
done

# A target whose condition is wrong finds it: so they do look.
sed 's/loaded\.eax == 0x2badb002/loaded.eax == 0x2badb003/' tests/parsers/loader.c >"$tmp/loader.c"
"${FUZZ_CC:-clang}" -std=gnu11 -g -Isrc -Itests/parsers -fsanitize=fuzzer,address,undefined \
	-o "$tmp/wrong" "$tmp/loader.c" src/host/loader.c src/host/guest_memory.c src/lib/printf.c
! "$tmp/wrong" -runs=0 -artifact_prefix="$tmp/" tests/parsers/corpus/loader >"$tmp/out" 2>&1
ok $? 'a wrong condition is a finding'
has "$tmp/out" 'not so: loaded\.eax == 0x2badb003' 'and it is named'
finish
