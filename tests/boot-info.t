#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unusual values from boot loaders, firmware and the CPU: names and command lines, memory maps,
# modules, the local APIC's mode, the CPU's vendor.  Guest and host can use them, or say what is
# wrong.
. tests/tap.sh
. tests/checks.sh

newline='
'

run() { # DIRECTORY OPTION...
	dir=$1
	shift
	O=$tmp/$dir ./run-qemu.sh "$@" >"$tmp/out" 2>&1
}

# ended GOT-STATUS STATUS PATTERN NAME: the run ended with STATUS, and $tmp/out has a line that
# matches PATTERN and one verdict.
ended() {
	[ "$1" = "$2" ] && grep -Eq -e "$3" "$tmp/out" &&
		[ "$(grep -c '^# RESULT: ' "$tmp/out")" = 1 ]
	ok $? "$4" || {
		echo "# wanted: exit status $2, and a line: $3"
		sed "s/^/# got $1: /" "$tmp/out" | tail -n 20
	}
}

# ---- names --------------------------------------------------------------------------------------

presence='only=probe.presence seed=7'

# shown PATH: prints it as the guest does.
shown() { printf %s "$1" | LC_ALL=C sed 's/\xc3/\\xc3/g; s/\xa9/\\xa9/g'; }

named() { # DIRECTORY
	build_directory "$tmp/$1"
	run "$1" --host=none --accel=tcg --append="$presence"
	ended $? 0 '^# RESULT: SKIP ' "the guest in '$1'"
	grep -Fqx "# image: $(shown "$tmp/$1/guest.elf")" "$tmp/out" &&
		grep -qx '# seed: 0x7' "$tmp/out" &&
		grep -qx '1\.\.1' "$tmp/out"
	ok $? "the name is not taken for an option, and the options after it are read" ||
		sed 's/^/# /' "$tmp/out"
	run "$1" --append="$presence"
	ended $? 0 '^# RESULT: PASS ' "the host in '$1'"
}

named label=linux
named 'a b'
named 'only=x'
named 'a list b=c'
named "it's \"half\\quoted"
named 'x,y,,mem=z'
named "$(printf 'caf\303\251')"

# QEMU passes a name on as it is; iPXE passes a URL on, for which a directory stands here.
qemu=${QEMU:-qemu-system-x86_64}
relative() { # NAME
	mkdir -p "$tmp/cwd/$(dirname "$1")"
	cp "$O/guest.elf" "$tmp/cwd/$1"
	(cd "$tmp/cwd" && timeout 60 "$qemu" -nodefaults -display none -no-reboot -serial stdio \
		-device isa-debug-exit,iobase=0xf4,iosize=0x4 -kernel "$1" -append "$presence") \
		</dev/null >"$tmp/out" 2>&1
	ended $? 37 '^# RESULT: SKIP ' "-kernel '$1'"
	grep -Fqx "# image: $1" "$tmp/out"
	ok $? 'and the guest says so' || sed 's/^/# /' "$tmp/out"
}

relative guest.elf
relative './my guest.elf'
relative 'my guest.elf'
relative only=x/guest.elf
relative 'http:/h/guest.elf?mac=52:54:00&x=1'
relative paraguest

build_directory "$tmp/plain"
for word in sede=1 stict path/seed=1 'guest.elf'; do
	run plain --host=none --accel=tcg --append="$presence $word"
	ended $? 99 "Bail out! unknown option '${word%=*}'\$" "no option: '$word'"
done

# ---- bytes --------------------------------------------------------------------------------------

for byte in 01 0a 0d 1b 7f; do
	c=$(printf '%bx' "\\0$(printf %o "0x$byte")")
	c=${c%x}
	text="seed=1 ${c}ok 1 - forged"
	offset=$((${#tmp} + ${#c} - 1 + $(printf %s '/plain/guest.elf fresh cpus=1 seed=1 ' | wc -c)))
	where="byte 0x$byte at offset $offset"
	run plain --host=none --accel=tcg --append="$text"
	ended $? 99 "Bail out! command line: $where, wanted no control characters" \
		"byte 0x$byte in the guest's command line"
	lacks "$tmp/out" '^ok 1 - forged' 'does not reach the stream'
done
run plain --host-append="fault=none${newline}ok 1 - forged"
ended $? 99 "Bail out! host: command line: byte 0x0a at offset [0-9]+, wanted no" \
	"byte 0x0a in the host's command line"
lacks "$tmp/out" '^ok 1 - forged' 'does not reach the stream'
run plain --append="seed=1${newline}ok 1 - forged"
ended $? 99 "Bail out! command line: byte 0x0a at offset [0-9]+, wanted no" \
	"byte 0x0a in the module's command line"
run plain --host=none --accel=tcg --append="$(printf 'only=\303\251')"
ended $? 99 "Bail out! option 'only': no check is named '.xc3.xa9'" 'an error message is printable'
run plain --host=none --accel=tcg --append='"only=probe.presence" se\ed="7"'
ended $? 0 '^# seed: 0x7$' 'quotes and backslashes as GRUB writes them are removed'
has "$tmp/out" '^1\.\.1$' 'from each option'
run plain --host=none --accel=tcg --append='only="probe.*'
ended $? 99 "Bail out! a double quote without its end: .* got 'only=probe\.\*'" \
	'a quote without its end'

# ---- memory -------------------------------------------------------------------------------------

cat "$O/tests/shim.elf" "$O/host.elf" >"$tmp/host.elf"
cat "$O/tests/shim.elf" "$O/guest.elf" >"$tmp/guest.elf"
# The shim takes all of the host's file along: both must fit into the 2 MiB of Bochs's ROM.
${STRIP:-strip} -o "$tmp/stripped.elf" "$O/guest.elf"
build_directory "$tmp/shim-host" "$tmp/stripped.elf" "$tmp/host.elf"
build_directory "$tmp/shim-guest" "$tmp/guest.elf"

host() { # LETTERS OPTION...
	letters=$1
	shift
	run shim-host --host-append="shim=$letters" --append=only=probe.presence,vcpu.start "$@"
}

host '' --smp=2
ended $? 0 '^# RESULT: PASS pass=2 ' 'the shim changes nothing by itself'
host m --smp=2
ended $? 0 '^# RESULT: PASS pass=2 ' 'no memory map, but mem_lower and mem_upper'
host h --smp=2
ended $? 0 '^# RESULT: PASS pass=2 ' 'a map of 1500 entries and more'
host t --smp=2
ended $? 0 '^# RESULT: PASS pass=2 ' 'a module at the top of memory'
host mt --smp=2
ended $? 0 '^# RESULT: PASS pass=2 ' 'likewise, without a map'
host u --smp=2 -- -m 1200
ended $? 0 '^# RESULT: PASS pass=2 ' 'a module above 1 GiB'

refused() { # LETTERS MESSAGE NAME [OPTION...]
	letters=$1 message=$2 name=$3
	shift 3
	host "$letters" "$@"
	ended $? 99 "^# Bail out! host: $message\$" "$name: the host says so"
}

memory="no memory: wanted 16 MiB for the guest \\(mem=\\), besides 640 KiB and the host's 2 MiB:"
refused n "$memory the boot loader gave neither a memory map nor mem_upper" 'nothing about memory'
malformed="the boot loader's memory map is malformed at byte 24: an entry's size is 0"
refused z "$memory $malformed, wanted 20 to [0-9]+" 'an entry of no size'
refused r "$memory the largest free range from 0x100000 to 0x40000000 has 0 KiB" \
	'a reserved entry over all'
refused hr "$memory the largest free range from 0x100000 to 0x40000000 has 0 KiB" \
	'likewise, in a long map'
few='too few processors: wanted 2 \(cpus=\), 1 came:'
refused l "$few there is no free page below 1 MiB to start them from" \
	'no memory below 1 MiB' --smp=2
host l
ended $? 0 '^# RESULT: PASS pass=1 ' 'one processor does not need it'

alone() { # LETTERS
	run shim-guest --host=none --accel=tcg --append="shim=$1 $presence"
}

for letters in m h hr; do # it needs no memory above 2 MiB
	alone $letters
	ended $? 0 '^# RESULT: SKIP ' "the guest alone: shim=$letters"
done
memory='no memory: wanted 8 free pages below 4 GiB:'
alone n
ended $? 99 "Bail out! $memory the boot loader gave neither a memory map nor mem_upper\$" \
	'the guest alone: nothing about memory'
alone z
ended $? 99 "Bail out! $memory $malformed" 'the guest alone: an entry of no size'

# ---- processors ---------------------------------------------------------------------------------

lost='vCPUs: wanted 4 \(cpus=\), got'
run plain --append='cpus=4'
ended $? 99 "Bail out! $lost 1: no local APIC\$" \
	'four vCPUs wanted, and no APIC: an error'
lacks "$tmp/out" '^not ok [0-9]+ - vcpu\.start' 'and no check fails'
run plain -- -smp 1
ended $? 0 '^# vCPUs: 1: no local APIC$' \
	'all vCPUs that there are, and no APIC: one, and says why'
run plain --mem=4 --smp=4
ended $? 99 "Bail out! $lost 1: there is no memory for more, 64 KiB each\$" \
	'no memory for four vCPUs: an error'
lacks "$tmp/out" '^not ok [0-9]+ - vcpu\.start' 'and no check fails'

host o
ended $? 0 '^# RESULT: PASS pass=1 ' 'an APIC left off: one processor does not need it'
# Some CPUs can turn it on again.
host o --smp=2
status=$?
if [ $status = 0 ]; then
	ended 0 0 '^# RESULT: PASS pass=2 ' 'an APIC left off: turned on'
else
	off='the firmware left the local APIC off \(bit 11 of MSR 0x1b\), and it does not turn on'
	ended $status 99 "^# Bail out! host: $few $off\$" 'an APIC left off: the host says so'
fi

if bochs_is_here; then
	bochs() { # NAME OPTION...
		name=$1
		shift
		O=$tmp/shim-host tests/run-bochs.sh --cpu=corei7_skylake_x "$@" \
			>"$tmp/$name.tap" 2>&1
		echo $? >"$tmp/$name.status"
	}
	took() { # NAME STATUS PATTERN TITLE
		cp "$tmp/$1.tap" "$tmp/out"
		ended "$(cat "$tmp/$1.status")" "$2" "$3" "$4"
	}
	bochs x2apic --host-append=shim=x --smp=3 &
	bochs one --host-append=shim=x --append="$presence" &
	wait
	bochs map --host-append=shim=hmt --append="$presence" &
	bochs quotes --append="only=\\\"x\\'y\\\\z" --host-append=shim= &
	wait
	took x2apic 0 "$(all_pass $skipped_on_several)" 'x2APIC mode left on: three vCPUs'
	took one 0 '^# RESULT: PASS pass=1 ' 'x2APIC mode left on: one vCPU'
	took map 0 '^# RESULT: PASS pass=1 ' 'no map, a module at the top'
	took quotes 99 "Bail out! option 'only': no check is named '\"x'y.z' " \
		'quotes and backslashes'
else
	skip 'by Bochs' 'no bochs is here'
fi

# ---- the CPU's vendor ---------------------------------------------------------------------------

contradiction() { # CPU VENDOR
	found="CPUID says $2, but the CPU offers SVM"
	run plain --cpu="$1"
	ended $? 99 "^# Bail out! host: $found: wanted AuthenticAMD or HygonGenuine\$" \
		"$1: the host says what it found"
	lacks "$tmp/out" '^not ok [0-9]+ - [^r]' 'and no check fails'
}

contradiction Skylake-Client,+svm,+npt GenuineIntel
contradiction max,vendor=CentaurHauls CentaurHauls
run plain --cpu=max,vendor=HygonGenuine --append=only=patch.*
ended $? 0 '^# RESULT: PASS pass=[0-9]+ fail=0 skip=1 ' 'Hygon: its instruction is AMD'"'"'s'
run plain --cpu=max,vendor=NobodyKnows! --append=only=patch.*
ended $? 0 '^# unknown CPU vendor: either instruction is accepted$' \
	'an unknown vendor: either instruction'
finish
