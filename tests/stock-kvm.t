#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The guest under a stock KVM, on a Linux that QEMU runs: it passes, and skips what it is known to
# skip; what crashes or never ends is an error; and without the kernel the run is skipped.
. tests/tap.sh
. tests/boots.sh

if [ "$(uname -m)" != x86_64 ]; then
	skip 'a stock KVM' "the VMM is for x86-64, and this is $(uname -m)"
	finish
	exit
fi
make -s O="$O" images test-images stock-kvm >&2 || exit 1
runner=tests/run-stock-kvm.sh
. tests/rogue.sh
. tests/kvm.sh
. tests/stock.sh

# build_stock DIRECTORY: adds what this runner needs; the kernels are those of $O.
build_stock() {
	mkdir -p "$1/tests"
	cp "$O/tests/vmm" "$O/tests/init" "$1/tests/"
	for linux in "$O"/linux-*; do
		[ ! -s "$linux/vmlinuz" ] || ln -s "$(readlink -f "$linux")" "$1/${linux##*/}"
	done
}
build_stock "$tmp/rogue"
build_directory "$tmp/stock"
build_stock "$tmp/stock"

# ---- the runner's own words ---------------------------------------------------------------------

misused "--kernel: 'x' is neither a version as 6\\.1 nor a file's name$" --kernel=x
misused "--kernel: '6\\.1\\.2' is neither a version as 6\\.1 nor a file's name$" --kernel 6.1.2
misused '--kernel: its value is empty$' --kernel=
misused '--host-append: Linux is the host, wanted --host=ref; or see --vmm$' --host-append=x
misused "unknown option '--wrong': see --help, and put QEMU's own options after --$" --wrong
echo 'no package' >"$tmp/x.deb"
misused "--kernel: $tmp/x.deb: no kernel in it: " --kernel="$tmp/x.deb"
$runner --help >"$tmp/help"
is $? 0 '--help: exit status'

rogue --kernel=9.9 --exit-skip=77 --log="$tmp/log"
judged $? 77 SKIP "^1\\.\\.0 # SKIP there is no $tmp/rogue/linux-9\\.9: --deps gets it\$" \
	'without the kernel: a skip'
is "$(wc -l <"$tmp/out")" 3 'without the kernel: and nothing else'

# --deps where nothing can be had: the reason is the skip's.
program "$tmp/apt-cache" <<'END2'
[ "$2" != linux-image-amd64 ] || echo '  Depends: linux-image-5.10.0-9-amd64'
END2
for tool in apt-get sudo doas; do echo exit 1 | program "$tmp/$tool"; done
PATH="$tmp:$PATH" rogue --deps --kernel=9.9
judged $? 0 SKIP '^1\.\.0 # SKIP no Linux 9\.9 in this release: linux-image-amd64 is 5\.10$' \
	'--deps, and this release has no such kernel: a skip'
program "$tmp/apt-get" <<'END2'
echo 'E: Failed to fetch http://x Temporary failure resolving x' >&2
exit 100
END2
PATH="$tmp:$PATH" rogue --deps --kernel=5.10
judged $? 0 SKIP '^1\.\.0 # SKIP apt-get download linux-image-5\.10\.0-9-amd64: Failed to fetch ' \
	'--deps without network: a skip'
is "$(find "$tmp/rogue" -name 'linux-5*')" '' '--deps without network: no files are left'
rm "$tmp/apt-cache" "$tmp/apt-get" "$tmp/sudo" "$tmp/doas"

# ---- the kernel of a package --------------------------------------------------------------------

# package NAME PAYLOAD: unpacks a package, to $tmp/NAME, whose kernel has that file packed.
package() {
	mkdir -p "$tmp/$1" "$tmp/$1.deb.d/DEBIAN" "$tmp/$1.deb.d/boot"
	printf '%s\n' 'Package: x' 'Version: 1' 'Architecture: amd64' 'Maintainer: x' \
		'Description: x' >"$tmp/$1.deb.d/DEBIAN/control"
	# One sector after the first one, then 16 bytes, then the payload and its size.
	xz --check=crc32 -c "$2" | perl -0777 -ne '
		my $head = "\0" x 1040;
		substr($head, 0x1f1, 1) = chr 1;
		substr($head, 0x248, 8) = pack "V2", 16, 4 + length;
		print $head, $_, pack "V", 0' >"$tmp/$1.deb.d/boot/vmlinuz-1"
	dpkg-deb --build "$tmp/$1.deb.d" "$tmp/$1.deb" >/dev/null
	sh src/runner/stock-kernel.sh "$tmp/$1.deb" "$tmp/$1"
}
if command -v dpkg-deb >/dev/null && command -v xz >/dev/null; then
	package pvh "$O/guest.elf" # it has PVH's note
	holds 'a kernel is unpacked' cmp "$O/guest.elf" "$tmp/pvh/vmlinux"
	perl -0777 -pe 's/Xen\0/xxx\0/g' "$O/guest.elf" >"$tmp/note"
	package no_pvh "$tmp/note"
	is "$(ls "$tmp/no_pvh")" vmlinuz 'not if QEMU could not boot it'
else
	skip 'a kernel is unpacked' 'no dpkg-deb or no xz here'
fi

# ---- runs ---------------------------------------------------------------------------------------

if [ ! -s "$tmp/stock/linux-release/vmlinuz" ]; then
	prove_reads_them
	skip 'the guest under a stock KVM' "there is no $O/linux-release: $runner --deps gets it"
	cannot_boot_any
	finish
	exit
fi

# start NAME BUILD-DIRECTORY OPTION...: a run in parallel to this script.
mkdir "$tmp/files"
start() {
	name=$1 directory=$2
	shift 2
	(
		O=$directory TMPDIR=$tmp/files $runner --timeout=120 "$@" \
			>"$tmp/$name.out" 2>"$tmp/$name.err"
		echo $? >"$tmp/$name.status"
	) &
}
# ended NAME: judged() then looks at this run.
ended() {
	cp "$tmp/$1.out" "$tmp/out"
	sed 's/^/# /' "$tmp/$1.err"
}
other=6.12 # besides this release's own
if [ ! -s "$tmp/stock/linux-$other/vmlinuz" ]; then
	skip "the guest under Linux $other" "no $O/linux-$other: $runner --deps --kernel=$other gets it"
	other=''
elif [ "$(readlink -f "$O/linux-$other")" = "$(readlink -f "$O/linux-release")" ]; then
	other=''
fi
began=$(date +%s)
start guest "$tmp/stock" --log="$tmp/guest.log"
start kvm "$tmp/rogue" --append=do=kvm-calls --debug-log="$tmp/kvm.debug" --mem=8
[ -z "$other" ] || start other "$tmp/stock" --kernel=$other
wait
# Enough for three runs at once, however busy this machine is.
limit=$((2 * ($(date +%s) - began) + 5))
# wallclock.* first: the moment of the start is the difference of two clocks, which Linux reads
# milliseconds apart until QEMU has translated its code; smp.wall-clock allows one.
start smp "$tmp/stock" --smp=2 --append='only=wallclock.*,smp.*,pveoi.*,asyncpf.*'
start ref "$tmp/stock" --host=ref --smp=2 --append='only=patch.*,smp.*,pveoi.* strict'
wait
start options "$tmp/rogue" --append=do=kvm-calls --vmm='--hide=0x1000 --enforce --no-patching'
start halt "$tmp/rogue" --append=do=halt --timeout=$limit
start triple "$tmp/rogue" --append=do=triple-on-1 --smp=2
wait
some='cpuid.*,msr.*,kvmclock.*,vmcall.*'
start pvh "$tmp/stock" --append="only=$some" --vmm='--boot=pvh --lapic --bare-uart'
start linux "$tmp/stock" --append="only=$some" --vmm=--boot=linux --smp=2
wait
is "$(ls "$tmp/files")" '' 'no files are left behind'

# all_right NAME KERNEL: no list excuses a failure; what is skipped is in a file, with its reason.
all_right() {
	ended "$1"
	judged "$(cat "$tmp/$1.status")" 0 PASS "^# qemu: Linux $2" \
		"the guest passes, and says which Linux it was ($2)"
	skips_listed "$tmp/out" 1 "Linux $2"
	has "$tmp/out" '^# report: pveoi.seen [1-9][0-9]* of [0-9]+$' "Linux $2 sets PV EOI's bit"
	documented "Linux $2" "$tmp/out"
}
[ -z "$other" ] || all_right other $other
release=$(sed -n 's/^# qemu: Linux \([0-9]*\.[0-9]*\).*/\1/p' "$tmp/guest.out")
all_right guest "$release"
grep -v '^# qemu: ' "$tmp/out" >"$tmp/stream"
diff "$tmp/guest.log" "$tmp/stream" >"$tmp/diff"
ok $? 'the guest: COM1 has what the guest said, and nothing else' || sed 's/^/# /' "$tmp/diff"
lacks "$tmp/guest.log" Linux 'the guest: which Linux it was came by another way'

ended smp
judged "$(cat "$tmp/smp.status")" 0 PASS '^ok [0-9]* - smp\.kick$' 'with two vCPUs it passes'
has "$tmp/out" '^ok [0-9]+ - asyncpf\.not-present$' 'it is told of pages that are not present'
ended ref
judged "$(cat "$tmp/ref.status")" 0 PASS '^ok [0-9]* - patch\.other-vendor$' \
	'on the reference host, nested in this KVM, it passes'
has "$tmp/out" '^ok [0-9]+ - smp\.kick$' 'there with two vCPUs'
lacks "$tmp/out" '# SKIP ' 'there nothing is skipped'

ended kvm
judged "$(cat "$tmp/kvm.status")" 0 PASS '^# signature: 0x4b4d564b$' 'KVM is there'
has "$tmp/out" '^# poll control: 0x1$' 'its MSRs work'
has "$tmp/out" '^# vmmcall: 0$' 'its hypercalls work'
has "$tmp/out" '^# vmcall: exception 14$' "it patches Intel's instruction, if the page lets it"
has "$tmp/kvm.debug" '^\[.*\] Linux version ' '--debug-log has what Linux says'
lacks "$tmp/kvm.debug" 'TAP version' '--debug-log has nothing of the guest'

ended options
judged "$(cat "$tmp/options.status")" 0 PASS '^# poll control: exception 13$' \
	'--vmm: a feature that is hidden does not work'
has "$tmp/out" '^# vmcall: exception 6$' "--vmm: KVM leaves Intel's instruction alone"

for boot in pvh linux; do
	ended $boot
	judged "$(cat "$tmp/$boot.status")" 0 PASS '^ok [0-9]+ - kvmclock\.' \
		"the guest booted by $boot passes"
	lacks "$tmp/out" '^# image:' "booted by $boot: not by multiboot, which gives a name"
done
boots 'multiboot 1, tests/vmm | none | stock KVM' "$(verdict "$tmp/guest.out")" \
	"$(verdict "$tmp/ref.out")"
boots 'PVH, tests/vmm | none | stock KVM' "$(verdict "$tmp/pvh.out")" ''
boots 'Linux, 64 bits, tests/vmm | none | stock KVM' "$(verdict "$tmp/linux.out")" ''
boots_documented

ended halt
judged "$(cat "$tmp/halt.status")" 124 ERROR \
	"^# runner: stopped after $limit s, no verdict \\(running: rogue, test 1\\)\$" \
	'a guest that never ends'
ended triple
judged "$(cat "$tmp/triple.status")" 99 ERROR \
	'^# runner: QEMU ended with status 0: .* \(running: rogue, test 1\)$' \
	'a triple fault on the second vCPU'
has "$tmp/out" '^# qemu: vmm: vCPU 1 at 0x[0-9a-f]+: a triple fault$' 'and the VMM says so'

# What is wrong with Linux, or inside it, comes out, too.
rogue --cpu=qemu64,-svm --timeout=120
judged $? 99 ERROR '^# qemu: init: /kvm-amd.ko: ' 'a processor without SVM'
prove_reads_them
finish
