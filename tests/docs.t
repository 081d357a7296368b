#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The documents agree with the images, the tables and the sources; and errors in them are noticed,
# which is tried on copies.
# shellcheck disable=SC2016 # Markdown
. tests/tap.sh

abi=docs/abi-kvm2007.md
header=src/abi/kvm2007.h
copy=$tmp/copy.md

# ---- the ABIs' tables -------------------------------------------------------

for file in src/abi/*.h; do
	name=$(basename "$file" .h)
	document=docs/abi-$name.md
	rules='each required rule has a check, each required check a fault; cited rules exist'
	tests/coverage.sh --document "$name" >"$tmp/document" 2>"$tmp/err"
	ok $? "$document: $rules" || sed 's/^/# /' "$tmp/err"
	cmp -s "$tmp/document" "$document"
	ok $? "$document: its table is up to date" || {
		echo "# 'make docs' writes it anew:"
		diff "$document" "$tmp/document" | head -n 20 | sed 's/^/# /'
	}
done
sed -n 's/.*not_yet=["'"'"']\($not_yet\)\{0,1\}\([ A-Z0-9.]*\)["'"'"'].*/\2/p' \
	tests/coverage.sh >"$tmp/not-yet"
is "$(cat docs/abi-*.md | grep -c '^|.*| \*no check yet\* |')" "$(wc -w <"$tmp/not-yet")" \
	'the tables show the rules that no check holds yet'

# ---- what boots the images --------------------------------------------------

# Each of these tests compares the rows that it names.
sed -n '/^| protocol/d; /^| /s/.*`\(tests\/.*\.t\)` |$/\1/p' docs/boot.md | sort -u >"$tmp/named"
is "$(cat "$tmp/named")" "$(grep -l '^boots_documented$' tests/*.t)" \
	'docs/boot.md: its rows are of the tests that compare them'

# refused SED-SCRIPT PATTERN NAME: if a document is changed so, coverage.sh says what is wrong.
refused() {
	sed "$1" "$abi" >"$copy"
	! cmp -s "$abi" "$copy" &&
		! tests/coverage.sh --document kvm2007 "$copy" >"$tmp/out" 2>"$tmp/err"
	ok $? "$3: an error"
	has "$tmp/err" "$2" "$3: it says so"
}
refused 's/^### S8 (L): .*/&\n\n### S99 (L): a rule/' '^coverage: no check holds rule S99$' \
	'a required rule without a check'
refused 's/^### C6 (L): /### C99 (L): /' '^coverage: no check holds rule C99$' \
	'a rule by another number'
refused 's/^### S5 (L): /#### S5 (L): /' \
	'^coverage: check register\.misaligned: the document has no rule S5$' \
	'a check that cites a rule that is not there'
refused 's/^### C32\.5 (L): /#### /' '^coverage: fault calls-64: the document has no rule C32\.5$' \
	'a fault that cites a rule that is not there'
refused '/^<!-- end of table/d' "^coverage: .*copy\.md: wanted one line '<!-- table: " \
	'a document without its marks'

sed 's/| probe\.presence | [^|]*|/| probe.presence | |/' "$abi" >"$copy"
tests/coverage.sh --document kvm2007 "$copy" >"$tmp/document"
! cmp -s "$copy" "$abi" && cmp -s "$tmp/document" "$abi"
ok $? 'a table that was changed by hand is written anew, and nothing else'

# ---- numbers ----------------------------------------------------------------

# compiles NAME: the static assertions on standard input hold.
compiles() {
	{ printf '#include <stddef.h>\n#include "%s"\n' "$header" && cat; } >"$tmp/assert.c"
	# shellcheck disable=SC2086 # a compiler may be several words
	${HOSTCC:-gcc} -std=gnu11 -I. -Isrc -fsyntax-only "$tmp/assert.c" 2>"$tmp/err"
	ok $? "$1" || head -n 5 "$tmp/err" | sed 's/^/# /'
}
sed -n 's/^| `\([A-Z0-9_]*\)` | \([0-9a-fx]*\) | .*/_Static_assert(\1 == \2, "\1");/p' "$abi" \
	>"$tmp/constants"
sed -n 's/^| \([0-9]*\) | u\([0-9]*\) | `\([a-z_]*\)` | .*/\1 \2 \3/p' "$abi" >"$tmp/layout"
is "$(wc -l <"$tmp/constants") $(wc -l <"$tmp/layout")" '4 5' "$abi: four constants, five fields"
compiles "$abi: the constants are the header's" <"$tmp/constants"
state='struct kvm_vcpu_para_state'
while read -r offset bits field; do
	echo "_Static_assert(offsetof($state, $field) == $offset, \"\");"
	echo "_Static_assert(8 * sizeof((($state *)0)->$field) == $bits, \"\");"
done <"$tmp/layout" >"$tmp/asserts"
compiles "$abi: the layout is the header's" <"$tmp/asserts"

# ---- what documents name ----------------------------------------------------

for file in README.md CONTRIBUTING.md CHANGELOG.md docs/*.md; do
	# Links lead to files, or to headings of the same document.  Code blocks have none.
	sed '/^ *```/,/^ *```/d' "$file" >"$tmp/text"
	sed -n 's/^##* //p' "$tmp/text" | tr '[:upper:]' '[:lower:]' |
		sed 's/[^a-z0-9_ -]//g; s/ /-/g; s/^/#/' >"$tmp/anchors"
	grep -o '](\([^)]*\))' "$tmp/text" | sed 's/^](//; s/)$//' | grep -v '^https\?:' |
		sort -u >"$tmp/links"
	while read -r link; do
		case $link in
		'#'*) grep -qxF -e "$link" "$tmp/anchors" ;;
		*) [ -e "$(dirname "$file")/${link%%#*}" ] ;;
		esac || echo "$link"
	done <"$tmp/links" >"$tmp/err"
	lacks "$tmp/err" . "$file: its links lead somewhere"

	grep -o '`[^`]*`' "$tmp/text" | tr -d '`' | sort -u >"$tmp/quoted"
	grep -E '^(boot|src|tests|docs)/[a-zA-Z0-9_./-]+$' "$tmp/quoted" | while read -r path; do
		[ -e "$path" ] || echo "$path"
	done >"$tmp/err"
	sed -n 's/^\([a-z_0-9]*\)()$/\1/p' "$tmp/quoted" | while read -r function; do
		grep -rqE "\b$function\(|^$function:" boot src tests/vmm || echo "$function()"
	done >>"$tmp/err"
	lacks "$tmp/err" . "$file: the files and functions that it names are there"
done

for file in CONTRIBUTING.md CHANGELOG.md docs/*.md; do
	grep -v '^|' "$file" | awk 'length > 100 { print FNR ": " $0 }' >"$tmp/err"
	lacks "$tmp/err" . "$file: no line but of a table has more than 100 columns"
done
finish
