#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Several vCPUs: the guest passes with any number, on both vendors' CPUs, each time; without a host
# it is skipped without delay; hosts that go wrong only with several vCPUs are caught.
. tests/tap.sh
. tests/checks.sh
set -f # of the globs in the table

unnamed=$((several - $(count vcpu.memory))) # that one takes long, so it has to be named

# passed NAME: the run of $tmp/NAME.tap passed, and skipped no check for several vCPUs.
mkdir "$tmp/clean"
passed() {
	cp "$tmp/$1.tap" "$tmp/clean"
	has "$tmp/$1.tap" "$(all_pass $skipped_on_several)" "$1: passes"
	is "$(grep -c '^ok [0-9]* - \(vcpu\|smp\)\.[a-z0-9-]*$' "$tmp/$1.tap")" "$unnamed" \
		"$1: all checks for several have run"
}

# ---- how many -----------------------------------------------------------------------------------

run() { # NAME OPTION...
	name=$1
	shift
	# A busy machine may take its time; what hangs is ended by the guest itself.
	./run-qemu.sh --timeout=120 "$@" >"$tmp/$name.tap" 2>"$tmp/$name.err"
}

for n in 2 4 16 64; do
	run "$n" --smp=$n
	passed $n
done
run threads --smp=4 -- -accel tcg,thread=multi
passed threads
run absent -- -smp 4
passed absent
run more --smp=2 -- -smp 4
passed more

run surplus --append=cpus=2 -- -smp 4 # the guest halts two of its vCPUs
passed surplus

run one
cp "$tmp/one.tap" "$tmp/clean"
has "$tmp/one.tap" "$(all_pass $skipped_on_one)" 'one vCPU: passes'
skips='^ok [0-9]* - \(vcpu\|smp\)\.[a-z0-9-]* # SKIP 1 vCPU$'
is "$(grep -c "$skips" "$tmp/one.tap")" "$unnamed" \
	'one vCPU: the checks for several are skipped'

run fewer --smp=4 --append=cpus=5
is $? 1 'five wanted, four there: fails'
is "$(sed -n 's/^not ok [0-9]* - //p' "$tmp/fewer.tap")" vcpu.start \
	'five wanted, four there: only vcpu.start fails'
has "$tmp/fewer.tap" '^# vCPUs: wanted 5, got 4 \(rule S7 of kvm2007\)$' \
	'five wanted, four there: says so'
run too-few --smp=5 -- -smp 4
is $? 99 'a host with too few processors: an error'
has "$tmp/too-few.tap" '^# Bail out! host: too few processors: wanted 5 \(cpus=\), 4 came$' \
	'a host with too few processors: says so'

# ---- several times ------------------------------------------------------------------------------

for n in 1 2 3; do
	run "again$n" --smp=4 --append=seed=$n
	results "$tmp/again$n.tap" >"$tmp/again$n"
	results "$tmp/4.tap" | cmp -s - "$tmp/again$n"
	ok $? "--smp=4, seed $n: the same results" ||
		diff "$tmp/4.tap" "$tmp/again$n.tap" | sed 's/^/# /'
done

LOGS=$tmp/soak RUNS=2 tests/soak.sh --append='only=vcpu.*,smp.*' >"$tmp/out"
is $? 0 'two runs of the soak'
is "$(cat "$tmp/out")" '2 of 2 runs passed' 'it counts them'
LOGS=$tmp/soak RUNS=1 tests/soak.sh --host-append=fault=silent \
	--append=only=probe.presence >"$tmp/out"
is $? 1 'a soak on a faulty host fails'
has "$tmp/out" "^run 1: see $tmp/soak/1.tap\$" 'and says where'
has "$tmp/soak/1.tap" '^# RESULT: FAIL ' 'the stream is'

# ---- without a host -----------------------------------------------------------------------------

# Sets $now, in 10 ms.
clock() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}
}

alone() { # ACCEL
	clock
	start=$now
	run "none-$1-1" --abi=kvm2007 --host=none --accel="$1" --smp=1
	clock
	one=$((now - start)) start=$now
	run "none-$1-4" --abi=kvm2007 --host=none --accel="$1" --smp=4
	clock
	four=$((now - start))
	for n in 1 4; do
		cp "$tmp/none-$1-$n.tap" "$tmp/clean"
		has "$tmp/none-$1-$n.tap" '^# RESULT: SKIP pass=0 fail=0 ' \
			"no host, $1, --smp=$n: skipped"
	done
	[ "$four" -lt $((3 * one + 100)) ]
	ok $? "no host, $1: $four of 10 ms with four processors, $one with one"
}

alone tcg
if kvm_is_here; then
	alone kvm
else
	skip 'no host, kvm' 'no /dev/kvm that works'
fi

# ---- Bochs --------------------------------------------------------------------------------------

if bochs_is_here; then
	for cpu in ryzen corei7_skylake_x; do
		for n in 2 4; do
			tests/run-bochs.sh --timeout=120 --cpu=$cpu --smp=$n \
				--debug-log="$tmp/$cpu-$n.log" \
				>"$tmp/$cpu-$n.tap" 2>"$tmp/$cpu-$n.err" &
		done
		wait
		passed $cpu-2
		passed $cpu-4
	done
	is "$(grep -c '^x2apic [0-3]$' "$tmp/corei7_skylake_x-4.log")" 4 \
		'x2APIC mode on every vCPU of a CPU that has it'
	lacks "$tmp/ryzen-4.log" '^x2apic' 'and on no other'
	lacks "$tmp/ryzen-4.log" '^\([0-9]' "the host's log has nothing of what Bochs says of a CPU"
else
	skip 'Bochs' 'no bochs is here'
fi

set +f
prove -Q -e cat "$tmp/clean"/*.tap >"$tmp/out" 2>&1
ok $? 'prove reads all of these' || sed 's/^/# /' "$tmp/out"
set -f

# ---- faulty hosts -------------------------------------------------------------------------------

rows_of_abis faults-smp.tsv >"$tmp/table"
mkdir "$tmp/faults"

# Eight runs notice, with a probability of 96 %, that a check misses one run in three; RACES=20, one
# in eight with 93 %.
runs_of() { # GLOBS: prints how often a fault is run
	case $1 in *~*) echo "${RACES:-8}" ;; *) echo 1 ;; esac
}

# Every other run has all vCPUs in one thread, the others a thread for each.  Of both ABIs are the
# checks of those rows that say so.
# shellcheck disable=SC2016 # expanded by the inner shell
while IFS='	' read -r abi fault _ globs options; do
	case $options in *abi=*) ;; *) options="abi=$abi $options" ;; esac
	for n in $(seq "$(runs_of "$globs")"); do echo "$n $fault $options"; done
done <"$tmp/table" | out=$tmp/faults xargs -r -P "$(nproc)" -I{} sh -c '
	set -- {}
	n=$1 fault=$2
	shift 2
	case $n in *[02468]) threads=multi ;; *) threads=single ;; esac
	./run-qemu.sh --timeout=120 --smp=4 --host-append="fault=$fault" --append="strict seed=$n $*" \
		-- -accel "tcg,thread=$threads" >"$out/$fault.$n"'

# caught FAULT N: in its run N all checks of $tmp/must failed, and only checks of $tmp/may.
caught() {
	sed -n 's/^not ok [0-9]* - //p' "$tmp/faults/$1.$2" | LC_ALL=C sort >"$tmp/got"
	grep -q '^# RESULT: FAIL ' "$tmp/faults/$1.$2" &&
		[ -z "$(LC_ALL=C comm -23 "$tmp/must" "$tmp/got")" ] &&
			[ -z "$(LC_ALL=C comm -13 "$tmp/may" "$tmp/got")" ]
}

while IFS='	' read -r _ fault _ globs _; do
	musts=
	mays=
	for glob in $globs; do
		mays="$mays ${glob#\~}"
		case $glob in \~*) ;; *) musts="$musts $glob" ;; esac
	done
	# shellcheck disable=SC2086 # lists of globs
	{
		expand $musts | LC_ALL=C sort >"$tmp/must"
		expand $mays | LC_ALL=C sort >"$tmp/may"
	}
	n=$(runs_of "$globs")
	: >"$tmp/diff"
	for i in $(seq "$n"); do
		caught "$fault" "$i" || {
			echo "# run $i: $(tail -n 1 "$tmp/faults/$fault.$i")"
			diff "$tmp/must" "$tmp/got" | sed "s/^/# run $i: /"
		} >>"$tmp/diff"
	done
	[ ! -s "$tmp/diff" ]
	ok $? "fault=$fault fails what it must, and no more, in $n of $n runs" || cat "$tmp/diff"
done <"$tmp/table"
finish
