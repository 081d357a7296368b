# SPDX-License-Identifier: GPL-2.0-only
# Sourced after tap.sh by the tests that run the guest under a real KVM.
# shellcheck shell=sh disable=SC2034,SC2154 # the tests use known; tap.sh sets tmp

# The KVM of the machines on which this project is built is not upstream's, and what fails there is
# listed.
known=''
[ ! -d /sys/module/kvm_pvm ] || known=tests/kvm/expected-kvm_pvm.tsv

./run-qemu.sh --host=none --accel=tcg --append='list abi=kvm' >"$tmp/kvm-list"

# documented HOST STREAM: a fact: what HOST answers in STREAM is what the document says.  Which
# features a guest may see is QEMU's choice, too, and each version has others.
documented() {
	perl tests/kvm/answers.pl "$tmp/kvm-list" "$1=$2" >"$tmp/answers"
	diff -I '^| - | report cpuid.features ' docs/kvm-answers.md "$tmp/answers" >"$tmp/diff"
	ok $? "docs/kvm-answers.md has the answers of $1" || {
		echo "# 'make kvm-answers' writes it anew:"
		sed 's/^/# /' "$tmp/diff"
	}
}
