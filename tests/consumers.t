#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Programs that read the stream learn why a check failed: some from the comments before "not ok",
# some from the YAML after it.  Both are there for each failure: the guest's, known ones, those of
# other vCPUs, the judge's.
. tests/tap.sh
. tests/rogue.sh

real() { # NAME STATUS OPTION...
	name=$1 wanted=$2
	shift 2
	./run-qemu.sh "$@" >"$tmp/$name.tap" 2>"$tmp/err"
	is $? "$wanted" "$name: exit status"
	cp "$tmp/$name.tap" "$tmp/streams/"
}
real fault 1 --host-append=fault=call-rbx --append='only=probe.presence,hypercall64.keeps-gprs'
real known 0 --host-append=personality=linux2007 --append='only=probe.*'
real none 1 --host=none --accel=tcg --append='require only=probe.rdmsr'
smp=$(sed -n '/^#/!{s/	.*//p;q;}' tests/kvm2007/faults-smp.tsv)
real vcpus 1 --smp=4 --host-append="fault=$smp" --append='only=vcpu.*'
real stray 1 --host-append=fault=stale-rip --append=only=hypercall64.args-0
rogue --host=none --accel=tcg --append=do=hang --timeout=2
cp "$tmp/out" "$tmp/hang.tap"
rogue --host=none --accel=tcg --append=do=cut
cp "$tmp/out" "$tmp/cut.tap"
cp "$tmp/hang.tap" "$tmp/cut.tap" "$tmp/streams/"

# ---- the stream ---------------------------------------------------------------------------------

# Each failure has a whole block after it, and its message in a comment before it.
cat >"$tmp/reasons" <<'END'
my (@comments, $failures);
my $values = qr/(?:  wanted: ".+"\n(?:  got: ".+"\n)?)?/;
my $block = qr/^  ---\n  message: "(.+)"\n  rule: ".+"\n(?:  abi: "kvm2007"\n)?$values  \.\.\.\n$/;
sub bad { print "$ARGV:$.: $_[0]\n" }
while (<>) {
	push @comments, $_ if /^# /;
	@comments = () if /^ok /;
	next if !/^not ok/;
	$failures++;
	my $name = $_;
	my @block;
	while (<>) { push @block, $_; last if !/^  / || /^  \.\.\.$/ }
	my ($message) = join('', @block) =~ $block;
	if (defined $message) {
		$message =~ s/\\(.)/$1/g;
		bad("no comment before $name") if !grep { index($_, $message) >= 0 } @comments;
	} else {
		bad("no block after $name");
	}
	@comments = ();
}
print "no failure\n" if !$failures;
END
for name in fault known none vcpus stray hang cut; do
	is "$(perl "$tmp/reasons" "$tmp/$name.tap")" '' \
		"$name: each failure has its reason in a comment and in a block"
done
has "$tmp/fault.tap" '^  wanted: "0x[0-9a-f]+"$' 'fault: what was wanted'
has "$tmp/fault.tap" '^  got: "0x[0-9a-f]+"$' 'fault: what came'
has "$tmp/fault.tap" '^  rule: "C2"$' 'fault: the rule'
has "$tmp/vcpus.tap" '^  message: "vCPU' 'vcpus: which one'
has "$tmp/known.tap" '^not ok .* # TODO ' 'known: it is one'
has "$tmp/none.tap" '^  message: .option .require.: wanted a host, got none' 'none: the option'

# ---- prove --------------------------------------------------------------------------------------

cat >"$tmp/parse" <<'END'
use TAP::Parser;
my $parser = TAP::Parser->new({exec => ['cat', shift]});
while (my $result = $parser->next) { print $result->data->{message}, "\n" if $result->is_yaml }
print "wrong: $_\n" for $parser->parse_errors;
END
perl "$tmp/parse" "$tmp/fault.tap" >"$tmp/out"
has "$tmp/out" '^rbx: wanted 0x[0-9a-f]+, got 0x[0-9a-f]+$' \
	"prove: its parser has the block's message"
lacks "$tmp/out" '^wrong' 'prove: and nothing to complain about'
perl "$tmp/parse" "$tmp/hang.tap" >"$tmp/out"
has "$tmp/out" '^stopped after 2 s' "prove: the judge's message, too"
prove -e cat "$tmp/fault.tap" "$tmp/hang.tap" "$tmp/known.tap" >"$tmp/out" 2>&1
is $? 1 'prove: the failures fail'
is "$(sed -n 's/.*Failed tests*: *//p' "$tmp/out" | tr '\n' ' ')" '2 1 ' \
	'prove: and no more than these'

# in_failure NAME FILE PATTERN: a failure in the XML has this reason.
in_failure() {
	perl -0ne 'print "$1\n" while /<failure(.*?)<\/failure>/sg' "$2" >"$tmp/failures"
	has "$tmp/failures" "$3" "$1"
}
if perl -MTAP::Formatter::JUnit -e 1 2>/dev/null; then
	prove --formatter TAP::Formatter::JUnit -e cat "$tmp/fault.tap" "$tmp/hang.tap" \
		>"$tmp/junit.xml" 2>"$tmp/err"
	in_failure "TAP::Formatter::JUnit: the guest's reason" "$tmp/junit.xml" \
		'rbx: wanted 0x[0-9a-f]+, got 0x'
	in_failure "TAP::Formatter::JUnit: the judge's reason" "$tmp/junit.xml" 'stopped after 2 s'
else
	skip 'TAP::Formatter::JUnit' 'it is not there (libtap-formatter-junit-perl)'
fi
if perl -MTAP::Harness::JUnit -e 1 2>/dev/null; then
	perl -MTAP::Harness::JUnit -e '
		TAP::Harness::JUnit->new({xmlfile => shift, exec => ["cat"], verbosity => -3})
			->runtests(@ARGV)' "$tmp/harness.xml" "$tmp/fault.tap" "$tmp/hang.tap" \
		>"$tmp/harness.out" 2>&1
	in_failure "TAP::Harness::JUnit: the guest's reason" "$tmp/harness.xml" \
		'rbx: wanted 0x[0-9a-f]+, got 0x'
	in_failure "TAP::Harness::JUnit: the judge's reason" "$tmp/harness.xml" 'stopped after 2 s'
else
	skip 'TAP::Harness::JUnit' 'it is not there (libtap-harness-junit-perl)'
fi

# ---- others -------------------------------------------------------------------------------------

cat >"$tmp/meson.py" <<'END'
import sys
from mesonbuild.mtest import TAPParser
for event in TAPParser().parse(open(sys.argv[1])):
    kind = type(event).__name__
    print(kind, *(getattr(event, field, '') for field in ('name', 'result', 'message')))
END
python=
for program in python3 /usr/bin/python3; do
	"$program" -c 'import mesonbuild.mtest' 2>/dev/null && python=$program
done
if [ -n "$python" ]; then
	for name in fault known hang cut; do
		"$python" "$tmp/meson.py" "$tmp/$name.tap" >"$tmp/out"
		lacks "$tmp/out" '^(Error|UnknownLine|BailOut)' \
			"meson: $name: nothing to complain about"
		has "$tmp/out" '^Test .*(FAIL|EXPECTEDFAIL)' "meson: $name: the failure"
	done
else
	skip 'meson' 'it is not there'
fi

driver=$(find /usr/share/automake-* -name tap-driver.sh 2>/dev/null | tail -n 1)
if [ -n "$driver" ]; then
	for name in fault hang; do
		sh "$driver" --test-name x --log-file "$tmp/x.log" --trs-file "$tmp/x.trs" \
			-- cat "$tmp/$name.tap" >"$tmp/out" 2>&1
		is "$(grep -c '^FAIL: x' "$tmp/out")" 1 "automake's tap-driver: $name: one failure"
		lacks "$tmp/out" '^ERROR' "automake's tap-driver: $name: no error"
	done
else
	skip "automake's tap-driver" 'it is not there'
fi
if command -v faucet >/dev/null; then
	faucet <"$tmp/fault.tap" >"$tmp/out" 2>&1
	has "$tmp/out" 'keeps-gprs' 'faucet: the failure'
else
	skip 'faucet' 'it is not there'
fi

prove_reads_them
finish
