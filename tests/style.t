#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What reviewers should not have to look for.
. tests/tap.sh

git ls-files -co --exclude-standard >"$tmp/all" 2>/dev/null || find . -type f -not -path './.git/*' -not -path "./$O/*" | sed 's|^\./||' >"$tmp/all"
grep -E '\.(c|h)$' "$tmp/all" >"$tmp/c"
grep -E '\.(t|sh)$|^\.ci/run$' "$tmp/all" >"$tmp/sh"

xargs clang-format --dry-run -Werror <"$tmp/c" 2>"$tmp/err"
ok $? 'clang-format' || head -n 20 "$tmp/err" | sed 's/^/# /'
xargs shellcheck -x <"$tmp/sh" >"$tmp/err"
ok $? 'ShellCheck' || head -n 40 "$tmp/err" | sed 's/^/# /'

grep -E '\.(c|h|asm|awk|pl|sh|t|py)$|^(Makefile|linker\.ld|\.ci/run)$' "$tmp/all" |
	xargs grep -L 'SPDX-License-Identifier: GPL-2.0-only' >"$tmp/err"
lacks "$tmp/err" . 'every source names its licence'

# Dependencies point one way: cases -> para, tap -> lib -> x86; tests/host never sees the guest's side.
includes() { # FILE-PATTERN INCLUDE-PATTERN NAME
	grep -E "$1" "$tmp/c" | xargs grep -nE "#include \"($2)" >"$tmp/err"
	lacks "$tmp/err" . "$3"
}
includes '^src/x86/' 'lib/|para|check|cases/|options' 'x86 stands alone'
includes '^src/lib/' 'para|check|cases/|options|abi/' 'lib knows x86 and nothing above'
includes '^src/abi/' '.' 'the ABI header is self-contained'
includes '^tests/host/' 'para\.h|check|cases/|options' "the host does not see the guest's side"
includes '^src/' 'vcpu|svm|para_host|loader|config\.h' "the guest does not see the host's side"
grep -lE 'asm|x86/insn' tests/host/para_host.c >"$tmp/err"
lacks "$tmp/err" . 'the ABI policy has no asm'
[ "$(grep -cE '^ {8}[a-z]' tests/host/svm_run.asm)" -lt 70 ]
ok $? 'the world switch has less than 70 instructions'
finish
