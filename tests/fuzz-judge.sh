#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Mutates the streams of real runs, and looks for wrong verdicts of the judge (fuzz-judge.pl).
#
#   tests/fuzz-judge.sh FIRST COUNT [RUNNER...]
#
# Each seed from FIRST on is one mutant; with a COUNT of 1 the mutant is shown.  RUNNERs are
# directories with other judges, for tests.  Exit status: 0; 1, and the seeds are named whose
# verdicts are wrong, after the name of their judge if it is such a one.
. tests/tap.sh
. tests/rogue.sh

case ${1:-x}${2:-x} in
*[!0-9]*) echo 'tests/fuzz-judge.sh: wanted: FIRST COUNT' >&2; exit 99 ;;
esac
first=$1 count=$2
shift 2
others=$#
[ $# -gt 0 ] || set -- ./src/runner

# stream WORD STATUS BUILD OPTION...: adds the stream of a run, of which the judge says WORD, and
# whose engine ends with STATUS.  It always has the same version and seed: so a seed of the
# mutator's makes the same mutant tomorrow.
streams=''
stream() {
	file=$tmp/streams/$(echo "$streams" | wc -w)
	streams="$streams $1:$2:$file"
	build=$3
	shift 3
	O=$build ./run-qemu.sh --log="$tmp/stream" "$@" >/dev/null 2>&1
	sed 's/^# paraguest .*/# paraguest/' "$tmp/stream" >"$file"
	[ -s "$file" ] || { echo "tests/fuzz-judge.sh: no stream: $*" >&2; exit 99; }
}

linux=personality=linux2007 rogue=$tmp/rogue
stream PASS 33 "$O" --append='only=probe.* seed=1'
stream PASS 33 "$O" --append='only=patch.* seed=1' --host-append=$linux
stream PASS 33 "$O" --append='only=probe.* seed=1' --host-append=$linux # with a TODO
stream FAIL 35 "$O" --append='only=register.* seed=1' --host-append=fault=version-0
stream FAIL 35 "$O" --append='only=hypercall64.* seed=1' --host-append=fault=call-rbx
# No check passes.
stream FAIL 35 "$O" --append='only=hypercall64.keeps-gprs seed=1' --host-append=fault=call-rbx
stream SKIP 37 "$O" --append='only=probe.* seed=1' --host=none --accel=tcg
stream ERROR 39 "$O" --append=only=nothing
stream PASS 33 "$rogue" --append=memory=0x9f000
stream ERROR 39 "$rogue" --append=do=unexpected
stream ERROR 39 "$rogue" --append=do=triple
stream ERROR 33 "$rogue" --append=do=cut
stream ERROR 33 "$rogue" --append=do=noplan
stream ERROR 33 "$rogue" --append=do=lie
stream ERROR 33 "$rogue" --append=do=late
stream ERROR 33 "$rogue" --append=do=wrongcode

failed=0
for runner; do
	[ "$others" -eq 0 ] || echo "$runner:"
	# shellcheck disable=SC2086 # a list of files
	perl tests/fuzz-judge.pl "$runner" "$first" "$count" $streams || failed=1
done
exit "$failed"
