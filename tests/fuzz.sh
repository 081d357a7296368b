#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the fuzz guest (tests/guests/fuzz.c) with many seeds: each run has to end with PASS, or for a
# reason that the host names, and the host's memory has to be as it was.
#
#   tests/fuzz.sh [--engine=qemu|bochs-amd|bochs-intel] [--smp=N] [--count=STEPS] \
#       [--threads=one|each] [--timeout=SECONDS] [--dump] FIRST COUNT
#
# On QEMU each processor has a thread; with --threads=one they take turns in one.
# The host itself compares its memory (its option checksum).  With --dump so does fuzz-dump.pl, from
# outside, on QEMU.
#
# Exit status: 0; 1, and the seeds are named whose runs ended otherwise.  Their streams are in LOGS
# (default O/fuzz).  JOBS engines run side by side (default 2).
. tests/tap.sh
. tests/rogue.sh

engine=qemu smp=1 steps=200 threads=each seconds='' dump=no more='' own='' host_cr3=''
while [ $# -gt 0 ]; do
	case $1 in
	--engine=*) engine=${1#*=} ;;
	--smp=*) smp=${1#*=} ;;
	--count=*) steps=${1#*=} ;;
	--threads=*) threads=${1#*=} ;;
	--timeout=*) seconds=${1#*=} ;;
	--dump) dump=yes ;;
	-*) echo "tests/fuzz.sh: $1: there is no such option" >&2; exit 99 ;;
	*) break ;;
	esac
	shift
done
case $#,$1$2 in
2,*[!0-9]* | 2, | [!2],*) echo 'tests/fuzz.sh: wanted: FIRST COUNT' >&2; exit 99 ;;
esac
first=$1 count=$2 start=$(date +%s)

case $engine in
qemu)
	# If the processors take turns in one thread, each IPI and PAUSE ends a turn, and one that
	# spins, lost, gets a whole turn of 100 ms each time.
	case $threads in
	one) run="./run-qemu.sh --timeout=${seconds:-60}" own='-- -accel tcg,thread=single' ;;
	each) run="./run-qemu.sh --timeout=${seconds:-60}" own='-- -accel tcg,thread=multi' ;;
	*) echo "tests/fuzz.sh: --threads=$threads: wanted one or each" >&2; exit 99 ;;
	esac ;;
bochs-amd)
	run="tests/run-bochs.sh --timeout=${seconds:-60} --cpu=ryzen" more=nostep
	host_cr3=0x$(nm "$O/host.elf" | sed -n 's/^0*\([0-9a-f]*\) b boot_pml4$/\1/p') ;;
bochs-intel) run="tests/run-bochs.sh --timeout=${seconds:-60} --cpu=corei7_skylake_x" ;;
*) echo "tests/fuzz.sh: --engine=$engine: wanted qemu, bochs-amd or bochs-intel" >&2; exit 99 ;;
esac
case $dump$engine in
noqemu | nobochs*) ;;
yesqemu) run='perl tests/fuzz-dump.pl' own='' ;;
*) echo "tests/fuzz.sh: --dump: only on QEMU" >&2; exit 99 ;;
esac
logs=${LOGS:-$O/fuzz}
mkdir -p "$logs" || exit 99

# Bochs's SVM does not intercept SHUTDOWN: a triple fault of the guest ends Bochs, which stops at a
# panic.  So such a seed runs again, with the registers in Bochs's log: its first CR3 is that of the
# processor, and says whether it was in the host.
# The words of $run, --smp and the like, are no files.
export run more own smp steps logs engine tmp host_cr3
# one SEED: runs it, and prints "SEED passed|ended|failed STATUS REASON".
# shellcheck disable=SC2016 # expanded by the inner shell
one='
	seed=$1 log=$logs/$engine-$smp-$1.tap
	fuzz() {
		O=$tmp/rogue $run --smp="$smp" --host-append=checksum \
			--append="do=fuzz seed=$seed count=$steps $more" $own "$@"
	}
	fuzz >"$log" 2>"$log.err"
	status=$?
	reason=$(sed -n "s/^# runner: //p; s/^Bail out! //p" "$log" | head -n 1)
	case $status/$reason in
	0/) word=passed ;;
	99/"host: the guest "*) word=ended ;;
	*) word=failed ;;
	esac
	if [ "$host_cr3" ] && grep -q ">>PANIC<< exception(): 3rd" "$log"; then
		fuzz -- "log: $log.bochs" "info: action=report" >/dev/null 2>&1
		cr3=$(sed -n "s/.*CR3=0x0*\([0-9a-f]*\).*/0x\1/p" "$log.bochs" | head -n 1)
		[ "${cr3:-$host_cr3}" = "$host_cr3" ] || word=ended
	fi
	[ "$word" = failed ] || rm -f "$log" "$log.err" "$log.bochs"
	printf "%s %s %s %s\n" "$seed" "$word" "$status" "$reason"'

[ -t 2 ] && progress=yes || progress=no
seq "$first" $((first + count - 1)) | xargs -P "${JOBS:-2}" -I{} sh -c "$one" sh {} | {
	n=0
	while read -r line; do
		n=$((n + 1))
		echo "$line"
		[ "$progress" = no ] || printf '\r%s of %s' "$n" "$count" >&2
	done
	[ "$progress" = no ] || printf '\r\033[K' >&2
} >"$tmp/results"

cp "$tmp/results" "$logs/$engine-$smp.results"
sed -n 's/^\([0-9]*\) failed \([0-9]*\) \(.*\)/seed \1: exit status \2, \3/p' "$tmp/results"
awk -v what="$engine, --smp=$smp, $steps steps, seeds $first to $((first + count - 1))" \
	-v start="$start" -v now="$(date +%s)" -v wanted="$count" '
	{ n[$2]++ }
	END {
		printf "%s: %d passed, %d ended by the host, %d failed, %d s\n", what, n["passed"],
			n["ended"], n["failed"], now - start
		exit n["failed"] || NR != wanted
	}' "$tmp/results"
