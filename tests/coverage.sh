#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Prints the table of an ABI's document: which checks hold each rule, and which faults prove that
# the checks can fail.  With --document prints the whole document, with this table.  Fails if a
# required rule has no check, a required check has no fault, or a check or fault cites a rule that
# the document does not have.
#
#   tests/coverage.sh [--document] ABI [FILE]
set -eu

mode=table
[ "${1-}" != --document ] || { mode=document; shift; }
abi=$1
document=${2:-docs/abi-$abi.md}
faults=''
for file in "tests/$abi/faults.tsv" "tests/$abi/faults-smp.tsv" "tests/$abi/faults-bochs.tsv"; do
	[ ! -e "$file" ] || faults="$faults $file"
done
others='' # tables of other ABIs: some of their faults disturb this one
for file in tests/*/faults-smp.tsv; do
	case $file in "tests/$abi/"*) ;; *) others="$others $file" ;; esac
done

# Required rules without a check: the guest reports the first ones without a verdict; the others
# have no check yet, and are taken out here once they have one.  Likewise checks without a fault.
case $abi in
kvm2007) reported='C6 C32.5' not_yet='' no_fault='' ;;
kvm)
	reported=''
	no_fault='msr.above-4g' # the reference host has no memory there
	not_yet=''
	# KC10: no guest can see it that does not turn on the interface of Xen or Hyper-V, which then
	# takes the calls away.  The reference host has neither; under a host that has one, each check
	# of a call shows that it is off at first.
	not_yet="$not_yet KC10"
	;;
*) reported='' not_yet='' no_fault='' ;;
esac

# The ABI's part of the guest's list, by the names of checks in its sources.
checks() {
	names=$(grep -oh '"[a-z0-9]*\.[a-z0-9-]*"' "src/guest/$abi"/*.c | sed 's/"\(.*\)"/# \1 /')
	./run-qemu.sh --append=list | grep -F -e "$names"
}

table() {
	# shellcheck disable=SC2086 # a list of files
	checks |
		LC_ALL=C awk -F'\t' -v tables="$faults" -v others="$others " \
			-v reported=" $reported " -v not_yet=" $not_yet " -v no_fault=" $no_fault " '
	function matches(name, glob) {
		gsub(/\./, "\\.", glob)
		gsub(/\*/, ".*", glob)
		return name ~ "^" glob "$"
	}
	function gap(text) { gaps = gaps "coverage: " text "\n" }
	function listed(rule, list) { return index(list, " " rule " ") }

	# The link to a heading, in Markdown.
	function anchor(heading) {
		heading = tolower(heading)
		gsub(/[^a-z0-9_ -]/, "", heading)
		gsub(/ /, "-", heading)
		return heading
	}

	# "### D1 (H): title", or "### D2: title" if it is not a promise.  Of class V nothing is
	# promised either: it is reported.
	FILENAME == ARGV[1] {
		if ($0 !~ /^### [A-Z]+[0-9.]*[0-9]( \([HLRV]\))?: /) next
		split(substr($0, 5), word, /[ :]/)
		rule[++rules] = word[1]
		link[word[1]] = "[" word[1] "](#" anchor(substr($0, 5)) ")"
		required[word[1]] = word[2] != "(R)" && word[2] != "(V)"
		if (word[2] == "(V)") reported = reported word[1] " "
		next
	}
	FILENAME == ARGV[2] {
		if (split($0, word, " ") < 3 || word[2] !~ /^[a-z0-9]+\.[a-z0-9-]+$/) next
		check[++checks] = word[2]
		rule_of[word[2]] = word[3]
		optional[word[2]] = word[4] == "optional"
		has_check[word[3]] = 1
		if (!(word[3] in link)) gap("check " word[2] ": the document has no rule " word[3])
		next
	}
	/^#/ { next }
	listed(FILENAME, others) {
		for (i = 1; i <= checks; i++) {
			if (!listed(check[i], " " $3 " ")) continue
			fault[++fault_count] = $1
			trips[$1, check[i]] = 1
			size[$1]++
		}
		next
	}
	{
		fault[++fault_count] = $1
		breaks[$1] = $2
		if (!($2 in link)) gap("fault " $1 ": the document has no rule " $2)
		n = split($3, glob, " ")
		for (i = 1; i <= checks; i++) {
			for (g = 1; g <= n; g++) if (matches(check[i], glob[g])) {
				trips[$1, check[i]] = 1
				size[$1]++
				break
			}
		}
	}

	# The first faults that a check must notice: the faults of its own rule before the others,
	# and faults that few checks notice before the others.
	function proofs(name,    own, i, n, text) {
		for (own = 1; own >= 0; own--) for (i = 1; i <= fault_count; i++) {
			if (!((fault[i], name) in trips)) continue
			if ((breaks[fault[i]] == rule_of[name]) != own) continue
			if (++n <= 4) text = text (n > 1 ? ", " : "") fault[i]
		}
		# Before the reference host has the ABI there is no table of its faults.
		if (!n && !optional[name] && tables != "" && !listed(name, no_fault))
			gap("no fault trips " name)
		if (n && listed(name, no_fault))
			gap("a fault trips " name ": tests/coverage.sh lists it without")
		return text (n > 4 ? " and " n - 4 " more" : "")
	}
	function sort_faults(    i, j, kept) {
		for (i = 2; i <= fault_count; i++) {
			kept = fault[i]
			for (j = i - 1; j && size[fault[j]] > size[kept]; j--)
				fault[j + 1] = fault[j]
			fault[j + 1] = kept
		}
	}
	function print_without_check(name,    i, text) {
		for (i = 1; i <= fault_count; i++)
			if (breaks[fault[i]] == name) text = text (text == "" ? "" : ", ") fault[i]
		if (listed(name, reported)) {
			print "| " link[name] " | *reported, not judged* | " text " |"
			return
		}
		print "| " link[name] " | *no check yet* | " text " |"
		if (required[name] && !listed(name, not_yet)) gap("no check holds rule " name)
	}
	function print_rule(name,    i, first, kind) {
		first = link[name]
		for (i = 1; i <= checks; i++) {
			if (rule_of[check[i]] != name) continue
			kind = optional[check[i]] ? " (optional)" : ""
			print "| " first " | " check[i] kind " | " proofs(check[i]) " |"
			first = ""
		}
		if (required[name] && (listed(name, reported) || listed(name, not_yet)))
			gap("rule " name " has a check: tests/coverage.sh lists it without")
	}
	END {
		if (!rules) gap("the document has no rule, as \"### D1 (H): title\"")
		if (!checks) gap("the guest lists no check")
		sort_faults()
		print "| rule | check | faults on which it must fail |"
		print "|---|---|---|"
		for (r = 1; r <= rules; r++) {
			if (rule[r] in has_check) print_rule(rule[r])
			else print_without_check(rule[r])
		}
		if (gaps != "") { printf "%s", gaps >"/dev/stderr"; exit 1 }
	}' "$document" - $faults $others
}

# Puts the table from standard input between the marks in the document.
replace_table() {
	LC_ALL=C awk '
	FILENAME == ARGV[1] { table = table $0 "\n"; next }
	/^<!-- end of table -->$/ { inside = 0; ends++ }
	!inside { print }
	/^<!-- table: / { inside = 1; begins++; printf "\n%s\n", table }
	END { if (begins != 1 || ends != 1 || inside) exit 1 }' - "$1" || {
		echo "coverage: $1: wanted one line '<!-- table: ... -->'" \
			"and after it one '<!-- end of table -->'" >&2
		return 1
	}
}

if [ $mode = table ]; then
	table
else
	text=$(table)
	printf '%s\n' "$text" | replace_table "$document"
fi
