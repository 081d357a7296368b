#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Formatting, licences, and what the sources must not mention.
. tests/tap.sh

# The files of the tree: git's list, if this is a checkout, perhaps another user's.
if ! { [ -e .git ] &&
	git -c safe.directory="$PWD" ls-files -co --exclude-standard \
		>"$tmp/all" 2>/dev/null; }; then
	find . -path './build*' -prune -o -name .git -prune -o -type f -print |
		sed 's|^\./||' >"$tmp/all"
fi
grep -E '\.(c|h)$' "$tmp/all" >"$tmp/c"
grep -E '\.(t|sh)$|^\.ci/run$' "$tmp/all" >"$tmp/sh"
holds 'there are sources to look at' test -s "$tmp/c" -a -s "$tmp/sh"

# styled NAME LIST VERSIONS COMMAND WORD...: the command has nothing to say about the files of the
# list.  Other versions of these programs have other rules: the test is skipped with them.
styled() {
	name=$1 files=$2 versions=$3
	shift 3
	version=$("$1" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
	case " $versions " in
	*" ${version:-none} "*) ;;
	*)
		skip "$name" "${version:-no} $1 here, wanted: ${versions}"
		return
		;;
	esac
	xargs "$@" <"$files" >"$tmp/err" 2>&1
	ok $? "$name" || head -n 40 "$tmp/err" | sed 's/^/# /'
}

styled 'clang-format' "$tmp/c" 14.0 clang-format --dry-run -Werror
styled 'ShellCheck' "$tmp/sh" '0.9 0.10' shellcheck -x

# These cannot have a comment: .reuse/dep5 speaks for them, and has the copyright of all files.
grep -vE '^(tests/parsers/corpus/.*|LICENSE|LICENSES/.*|\.reuse/dep5|VERSION|\.git-describe)$' \
	"$tmp/all" | xargs awk 'FNR == 1 { if (name) print name; name = FILENAME }
		FNR <= 5 && /SPDX-License-[I]dentifier: GPL-2\.0-only/ { name = "" }
		END { if (name) print name }' >"$tmp/err"
lacks "$tmp/err" . 'every file names its licence'
holds 'which is here, under the name that REUSE wants, too' cmp LICENSE LICENSES/GPL-2.0-only.txt
has .reuse/dep5 '^Files: \*$' '.reuse/dep5 is of all files'
if [ -e .git ] && command -v reuse >/dev/null; then
	reuse lint >"$tmp/err" 2>&1
	ok $? 'reuse lint' || head -n 40 "$tmp/err" | sed 's/^/# /'
else
	skip 'reuse lint' 'it is not here, or no git to say what is built'
fi

grep -E '\.(c|h|asm|inc|pl|sh|t)$|^(Makefile|linker\.ld|\.ci/run)$' "$tmp/all" |
	xargs awk 'length > 100 { print FILENAME ":" FNR }' >"$tmp/err"
lacks "$tmp/err" . 'no line has more than 100 columns'
grep -E '^(boot|src)/' "$tmp/all" | xargs awk 'FNR == 301 { print FILENAME }' >"$tmp/err"
lacks "$tmp/err" . 'no file of boot and src has more than 300 lines'

# The compiler does not warn of those: they are printed as they are.
# shellcheck disable=SC2016 # perl's
grep -E '^src/.*\.[ch]$' "$tmp/all" | xargs perl -ne 'next if /__asm__/;
	for (/"(?:[^"\\]|\\.)*"/g) {
		print "$ARGV: $_\n" if s/%(%|[0#]*[0-9]*l?[cdusx])//gr =~ /%/;
	}' >"$tmp/err"
lacks "$tmp/err" . 'no format has a conversion that lib/printf.c does not know'

# Other dependencies are tests/layers.t's.
grep -n '#include "' src/abi/*.h >"$tmp/err"
lacks "$tmp/err" . 'the headers of the ABIs are self-contained'
grep -lE 'asm|x86/insn' src/host/*/policy.c >"$tmp/err"
lacks "$tmp/err" . 'an ABI policy has no asm'
{
	grep -ni fault src/host/*/policy.[ch]
	grep -nE 'faults\.h|fault_|abi\.h|hooks\.h' src/host/svm*.[ch] src/host/vmx*.[ch]
} >"$tmp/err"
lacks "$tmp/err" . 'an ABI policy knows of no faults, and the vendors neither of ABIs'
for side in guest host; do
	is "$(grep -c kvm2007 src/$side/*.[ch] | grep -v ':0$')" src/$side/abi.c:1 \
		"the $side names an ABI in one line"
done
count=$(sed -n '/^[0-9a-f]* <svm_run>:$/,/\tret/p' "$O/host.asm" |
	awk -F'\t' '/^ +[0-9a-f]+:/ && $3 != "" { n++ } END { print n + 0 }')
holds "the world switch has less than 70 instructions: $count" \
	test "$count" -gt 30 -a "$count" -lt 70
finish
