#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make lint finds what there is to find: each of its tools sees its flaw in a file made for it.
. tests/tap.sh

cat >"$tmp/flaws.c" <<'END'
int *nowhere(int n)
{
	int *p = 0;

	if (n)
		*p = n;
	return p;
}

int element(void)
{
	int array[4] = {1, 2, 3, 4};

	return array[4];
}
END
perl tests/lint.pl "$tmp/flaws.c" >"$tmp/out" 2>"$tmp/err"
status=$?
is "$(cat "$tmp/err")" '' 'lint.pl has no message of its own'
# sees TOOL CHECK
sees() {
	if grep -q "^lint: $1 is left out" "$tmp/out"; then
		skip "$1" "$(grep "^lint: $1 " "$tmp/out")"
		return
	fi
	has "$tmp/out" "^$tmp/flaws\\.c:[0-9]+: $1: .*\\[$2\\]\$" "$1 sees a flaw"
	is "$status" 1 "$1: and that is a failure"
}
sees clang-tidy clang-analyzer-core.NullDereference
sees cppcheck arrayIndexOutOfBounds
sees gcc -Wanalyzer-null-dereference
echo 'int one(void) { return 1; }' >"$tmp/fine.c"
perl tests/lint.pl "$tmp/fine.c" >"$tmp/out" 2>"$tmp/err"
is $? 0 'a file without a flaw'
awk -F'\t' '!/^#/ && (NF != 4 || $3 != "*" && system("test -e " $3)) { print NR }' tests/lint.tsv \
	>"$tmp/err"
lacks "$tmp/err" . 'tests/lint.tsv has four columns, and its files are there'
finish
