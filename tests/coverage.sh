#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make coverage: which checks test each rule of the ABI, and which faults prove that they can fail.
# Prints a table; fails if a required rule has no check, or a required check no fault.
set -eu

# The rules that are required.  C6 and C32.5 are no verdict (the guest reports them); D1, P6 and C4 are
# optional.
required='D2 D3 D4 S1 S2 S3 S4 S5 S6 S7 S8 V1 V2 V3 P1 P2 P3 P4 P5 P7 C1 C2 C3 C5 C7 C32.1 C32.2 C32.3 C32.4'

./run-qemu.sh --append=list | awk -F'\t' -v required="$required" '
function matches(name, glob) {
	gsub(/\./, "\\.", glob)
	gsub(/\*/, ".*", glob)
	return name ~ "^" glob "$"
}
FNR == NR {
	if (split($0, word, " ") >= 3 && word[2] ~ /^[a-z0-9]+\.[a-z0-9-]+$/) {
		check[++checks] = word[2]
		rule[word[2]] = word[3]
		optional[word[2]] = word[4] == "optional"
	}
	next
}
/^#/ { next }
{
	n = split($3, glob, " ")
	size = 0
	for (i = 1; i <= checks; i++) {
		tripped[i] = 0
		for (g = 1; g <= n && !tripped[i]; g++) tripped[i] = matches(check[i], glob[g])
		size += tripped[i]
	}
	for (i = 1; i <= checks; i++) {
		if (!tripped[i]) continue
		name = check[i]
		faults[name]++
		if (!(name in least) || size < least[name]) {
			least[name] = size
			example[name] = $1
		}
	}
}
END {
	print "| rule | check | faults | of them the one that trips the fewest |"
	print "|---|---|---|---|"
	for (i = 1; i <= checks; i++) {
		name = check[i]
		covered[rule[name]] = 1
		printf "| %s | %s%s | %d | %s |\n", rule[name], name, optional[name] ? " (optional)" : "",
			faults[name], example[name]
		if (!faults[name] && !optional[name]) gaps = gaps "\nno fault trips " name
	}
	n = split(required, list, " ")
	for (i = 1; i <= n; i++) if (!(list[i] in covered)) gaps = gaps "\nno check tests rule " list[i]
	if (gaps != "") { print gaps; exit 1 }
}' - tests/faults.tsv tests/faults-smp.tsv
