#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boots the guest under a stock KVM, on any machine: QEMU emulates an AMD processor with SVM, on it
# Debian's own kernel runs, and in that the VMM of tests/vmm.  With --host=ref it boots the
# reference host with the guest in it: a hypervisor in a hypervisor.  --help says more.
#
# The first process of that Linux (tests/vmm/init.c) gives COM1 to the VMM, and ends the machine
# with the VMM's exit status: so to the judge all is as if QEMU ran the guest itself.

set -uf
export LC_ALL=C

self=$0
[ ! -L "$self" ] || self=$(readlink -f -- "$self") # called by a link
case $self in */*) here=${self%/*}/../.. ;; *) here=../.. ;; esac
engine=QEMU engine_valued=' --kernel --vmm '
# shellcheck source=src/runner/run.sh
. "$here/src/runner/run.sh"
SECONDS_ONE=60 host=none stock_kernel=release SOURCES="${SOURCES-} tests/vmm"
LINUX_MIB=256 # memory of the machine, besides the guest's
# What is left out with --host=ref.  QEMU 7.2 aborts ("tcg_handle_interrupt: assertion failed") when
# the guest writes CR8 while Linux waits until it can take an interrupt; the first two checks write
# it.  The third meets by chance what the list below has.
LEFT_OUT=skip=hypercall64.keeps-control,hypercall64.timer,vcpu.keeps-all-legacy
NESTED_EXPECT=${root}tests/kvm2007/expected-nested.tsv

usage() {
	cat <<END
Usage: $self [options] [-- QEMU ARGS]

$runs the guest under Linux's KVM, and prints its TAP stream.  That Linux
is Debian's, unchanged, and runs under QEMU, which emulates a processor with SVM: no /dev/kvm is
needed.  --deps gets the kernel's package and unpacks it in $kernels.

  --host=none|ref      straight on Linux (default), or on the reference host, which then is itself
                       a guest of Linux
  --kernel=6.1|6.12|release|FILE
                       a Linux that this Debian has (default release: its own), or the file of a
                       package (.deb), or of a kernel with all of KVM for AMD built in
  --vmm=OPTIONS        for the VMM, as '--hide=0x20 --enforce'; $build/tests/vmm --help lists them
  --cpu=MODEL          QEMU's -cpu (default max)
  --host-append=TEXT   options for the reference host
  --debug-log=FILE     what Linux says while it boots and runs
END
	common_usage ''
	cat <<END
With --smp=N the guest has N vCPUs, and QEMU N processors.  Without the kernel the run is skipped.
With --host=ref KVM leaves the other vendor's hypercall alone, so that it is the host's; three
checks that meet faults of QEMU 7.2 are left out, unless --append has a skip= of its own; and
--expect is $NESTED_EXPECT.
Environment: ${about_o}QEMU, the program (qemu-system-x86_64).
Exit status: 0 passed or skipped, 1 failed, 99 error, 124 timeout.
END
}

engine_option() { # OPTION VALUE
	case $1 in
	--vmm) vmm_options=$2 ;;
	--kernel)
		stock_kernel=$2
		case $2 in release) return ;; esac
		case $2 in *[!0-9.]* | .* | *. | *.*.*) ;; *.*) return ;; esac
		[ -f "$path" ] || die "--kernel: '$2' is neither a version as 6.1 nor a file's name"
		stock_kernel='' kernel_file=$path ;;
	esac
}

engine_flag() { return 1; }

clean_up() { rm -rf "$dir"; }

# ---- the kernel ---------------------------------------------------------------------------------

# Sets $linux, the directory with the kernel and its modules; or $trouble to why there is none.
find_kernel() {
	trouble='' linux=$kernels/linux-$stock_kernel
	case $kernel_file in
	'')
		[ -s "$linux/vmlinuz" ] || trouble=${no_kernel:-"there is no $linux: --deps gets it"}
		return ;;
	esac
	linux=$dir/linux
	mkdir "$linux" || die "cannot make $linux"
	case $kernel_file in
	*.deb)
		why=$(sh "${root}src/runner/stock-kernel.sh" "$kernel_file" "$linux") ||
			die "--kernel: $why" ;;
	*) ln -s "$kernel_file" "$linux/vmlinuz" || die "cannot make $linux/vmlinuz" ;;
	esac
}

# Prints a stream that says why nothing was run.
skip_run() { # REASON
	# shellcheck disable=SC2016 # for that shell
	run_and_judge sh -c 'printf "TAP version 13\n1..0 # SKIP %s\n# RESULT: %s\n" "$1" "$2"
		exit 37' sh "$1" 'SKIP pass=0 fail=0 skip=0 todo=0'
	exit
}

# Makes the archive that Linux starts from; /words is what its first process runs.
pack() { # VMM-OPTION...
	case " $* " in
	*' --lapic '*) ;; # the VMM takes one of the two
	*) set -- "$@" --irqchip ;;
	esac
	set -- /vmm "$@" "--smp=$smp" "--mem=$memory" --timeout=0
	case $host in
	none) set -- "$@" "--$PAGEOUT" "--append=$FRESH $PAGEOUT $told$append" /guest.elf ;;
	ref)
		set -- "$@" --no-patching \
			"--append=mem=$mem $told$SERVICES${host_append:+ $host_append}" \
			"--module=/guest.elf $told$ON_REF $append" /host.elf ;;
	esac
	printf '%s\0' "$@" >"$dir/words" || die "cannot write to $dir"
	set -- "init=$build/tests/init" "vmm=$build/tests/vmm" "words=$dir/words" \
		"guest.elf=$build/guest.elf"
	[ "$host" = none ] || set -- "$@" "host.elf=$build/host.elf"
	for module in irqbypass ccp kvm kvm-amd; do # tests/vmm/init.c loads them
		[ ! -e "$linux/$module.ko" ] || set -- "$@" "$module.ko=$linux/$module.ko"
	done
	perl "${root}src/runner/initramfs.pl" "$@" >"$dir/initrd" || die "cannot write to $dir"
}

# ---- all together -------------------------------------------------------------------------------

kernel_file='' vmm_options='' dir='' qemu=${QEMU:-qemu-system-x86_64}
parse_options "$@"
shift "$words"
[ "$host" = ref ] || [ -z "$host_append" ] ||
	die '--host-append: Linux is the host, wanted --host=ref; or see --vmm'
choose_logs linux
enter_project
[ "$host" = none ] || expect=${expect:-$NESTED_EXPECT} append="$LEFT_OUT${append:+ $append}"
choose_processors no
build stock-kvm "$build/guest.elf" "$build/host.elf" "$build/tests/vmm" "$build/tests/init"

trap_signals
trap clean_up EXIT
dir=$(new_directory) || exit 99
find_kernel
[ -z "$trouble" ] || skip_run "$trouble"
# shellcheck disable=SC2086 # a list of options
pack $vmm_options

# COM1 is the guest's, COM2 for messages, COM3 for a log that was asked for.
# On a busy machine Linux would find that the PIT does not tick and that the TSC is late; without
# the TSC its KVM's clock is another one, which steps.
linux_options='panic=-1 tsc=reliable no_timer_check'
if [ -z "$debug_log" ]; then
	linux_options="$linux_options console=ttyS1 quiet"
else
	linux_options="$linux_options console=ttyS2 loglevel=7"
	set -- -chardev "file,id=com3,path=$DEBUG_LOG" -serial chardev:com3 "$@"
fi
kernel=$linux/vmlinux
[ -s "$kernel" ] || kernel=$linux/vmlinuz
run_and_judge "$qemu" -no-user-config -nodefaults -display none -monitor none -no-reboot \
	-accel tcg -cpu "${cpu:-max}" -smp "$smp" -m "$((memory + LINUX_MIB))" \
	-chardev stdio,id=com1,signal=on -serial chardev:com1 \
	-chardev file,id=com2,path=/dev/fd/2 -serial chardev:com2 \
	-device isa-debug-exit,iobase=0xf4,iosize=0x4 \
	-kernel "$kernel" -initrd "$dir/initrd" -append "$linux_options" "$@"
