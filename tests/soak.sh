#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make soak: many runs on four vCPUs, each vCPU a thread, while other jobs keep all CPUs of this
# machine busy.  Each must pass; if a run does not, its stream stays in $LOGS.  RUNS is the number
# of runs.  Arguments are options of run-qemu.sh.
set -u

O=${O:-build} runs=${RUNS:-200}
logs=${LOGS:-$O/soak}
mkdir -p "$logs" || exit 1

load=
# shellcheck disable=SC2086 # a list of processes
trap '[ -z "$load" ] || kill $load' EXIT
trap 'exit 1' HUP INT TERM
for _ in $(seq "$(nproc)"); do
	while :; do :; done &
	load="$load $!"
done

passed=0
for run in $(seq "$runs"); do
	out=$logs/$run.tap
	./run-qemu.sh --timeout=120 --smp=4 "$@" -- -accel tcg,thread=multi >"$out" 2>&1
	case $(tail -n 1 "$out") in
	'# RESULT: PASS '*) passed=$((passed + 1)); rm "$out" ;;
	*) echo "run $run: see $out" ;;
	esac
done
echo "$passed of $runs runs passed"
[ "$passed" -eq "$runs" ]
