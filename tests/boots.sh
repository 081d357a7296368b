# SPDX-License-Identifier: GPL-2.0-only
# Sourced after tap.sh by the tests whose runs are rows of the table in docs/boot.md.
# shellcheck shell=sh disable=SC2154 # tap.sh sets tmp

boots_test=tests/${0##*/} boots_table=docs/boot.md
: >"$tmp/boots"
: >"$tmp/not-here"

# verdict FILE: prints the verdict in a stream.
verdict() {
	word=$(sed -n 's/^# RESULT: \([A-Z]*\) .*/\1/p' "$1")
	echo "${word:-none}"
}

# boots WHAT GUEST HOST: one row: what boots (protocol and loader | firmware and machine | engine),
# and the verdicts that were seen: of the guest alone, and on the reference host; '' without one.
boots() { echo "| $1 | ${2:--} | ${3:--} | \`$boots_test\` |" >>"$tmp/boots"; }

# cannot_boot REASON WHAT: no run was possible here; the table's row may be right.
cannot_boot() {
	skip "$2" "$1"
	grep -F "| $2 | " "$boots_table" >>"$tmp/not-here"
}

# cannot_boot_any: the same for all rows of this test, which ends here.
cannot_boot_any() {
	grep -F " | \`$boots_test\` |" "$boots_table" | sed 's/^/# boots, not here: /'
}

# boots_documented: a fact, after all runs: the table has the rows that were seen here, and no
# others of this test.  'make boots' makes it of these lines.
boots_documented() {
	sed 's/^/# boots: /' "$tmp/boots"
	sed 's/^/# boots, not here: /' "$tmp/not-here"
	sort "$tmp/boots" "$tmp/not-here" >"$tmp/rows"
	grep -F " | \`$boots_test\` |" "$boots_table" | diff - "$tmp/rows" >"$tmp/diff"
	ok $? "$boots_table has the verdicts that were seen here ('make boots' writes it anew)" ||
		sed 's/^/# /' "$tmp/diff"
}
