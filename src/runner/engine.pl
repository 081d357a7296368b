# SPDX-License-Identifier: GPL-2.0-only
# Runs an engine, prints what comes out of its serial port,
# live, as stream.pl reads it, and ends with judge.pl's verdict.
#
#   perl src/runner/engine.pl NAME=VALUE... -- COMMAND WORD...
#
#   engine     the engine's name, for messages
#   seconds    the time limit; 0: none
#   exit_skip  exit status of a run that was skipped
#   log        a file for an unchanged copy of the serial output, or ''
#   debug_log  a file for the debug port's output, or ''
#   stream     a file for a copy of what is printed, or ''
#   messages   a file for all that the engine says on stderr, or ''
#   junit      a file for a JUnit report (junit.pl), or ''
#   expect     the list of known failures (expect.pl), or ''
#   image      the guest's image, in which the list's names have to be; host.elf is beside it
#   parent     the caller's process ID: if the caller is gone, the engine is stopped
#   lister     the runner that lists the guest's checks, or ''; abi and append: its options
#
# COMMAND prints the serial output on stdout and its messages on stderr.  @DEBUG_LOG@ in its words
# becomes the name of a file for the debug port's output.  All copies are made here: an engine's own
# are cut short without a word if the disk is full.  Debian's perl-base is enough, and no module is
# used: loading them takes time.
use strict;
BEGIN { $^W = 1 } # in all files; 'use warnings' alone would take longer than to compile them

unshift @INC, $0 =~ m{^(.*)/}s; # the others are beside this file

my $CHUNK = 65536;
my $TICK = 0.5;      # seconds between two looks at parent and clock
my $PATIENCE = 2;    # seconds from SIGTERM to SIGKILL
my $PAUSE = 0.001;   # seconds; see read_all()
my $MESSAGES = 50;   # how many of the engine's messages are shown: the last
my $WRITE_NONBLOCK = 01 | 0100 | 01000 | 04000; # O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK
my ($EINTR, $EAGAIN, $ENOENT, $WNOHANG) = (4, 11, 2, 1);

my %option = map { $_ => '' } qw(expect stream messages junit image lister abi append);
while (@ARGV && (my $word = shift) ne '--') {
	my ($name, $value) = split /=/, $word, 2;
	$option{$name} = $value;
}
my @command = @ARGV;

my ($child, $caught);
my %copy; # the files of the run: log, debug_log, stream, messages, junit
my %end = (status => '', messages => []);

# ---- signals and the clock ----------------------------------------------------------------------

# The engine and all that it starts are in this process's group, and nothing else is.
sub start_group {
	setpgrp 0, 0;
	for my $signal (qw(HUP INT QUIT PIPE ALRM TERM USR1 USR2)) {
		$SIG{$signal} = sub { $caught = $signal };
	}
	$SIG{CHLD} = sub { }; # it interrupts select()
	$SIG{XFSZ} = $SIG{TTOU} = 'IGNORE';
}

# Returns seconds, by a clock that nobody sets.
sub now {
	open my $file, '<', '/proc/uptime' or return time;
	sysread($file, my $line, 64);
	return 0 + ($line =~ /^([0-9.]+)/)[0];
}

# Returns whether the engine has ended; if so, %end says how.
sub reap {
	return 1 if !$child;
	return 0 if waitpid($child, $WNOHANG) != $child;
	@end{qw(status signal)} = ($? >> 8, $? & 127);
	undef $child;
	return 1;
}

# Sends SIGTERM to the group.  The runner kills what is left of it after this process has ended.
sub terminate {
	local $SIG{TERM} = 'IGNORE';
	kill 'TERM', -$$;
}

sub stop_engine {
	return if !$child;
	terminate();
	for (1 .. $PATIENCE * 100) {
		return if reap();
		select undef, undef, undef, 0.01;
	}
	kill 'KILL', $child;
}

# Does not return.
sub give_up {
	my ($message) = @_;
	stop_engine();
	print STDERR "$message\n";
	exit 99;
}

sub heed_signals {
	$caught = 'TERM' if !$caught && getppid != $option{parent};
	return if !$caught;
	stop_engine();
	kill 'KILL', -$$ if getppid != $option{parent}; # the runner cannot do it any more
	$SIG{$caught} = 'DEFAULT';
	kill $caught, $$;
	exit 99;
}

# ---- files --------------------------------------------------------------------------------------

# Returns whether all was written; if not, $! says why.
sub write_all {
	my ($file, $bytes) = @_;
	my $at = 0;
	while ($at < length $bytes) {
		my $n = syswrite $file, $bytes, $CHUNK, $at;
		if (defined $n) {
			$at += $n;
			next;
		}
		return 0 if $! != $EINTR && $! != $EAGAIN;
		heed_signals();
		select undef, undef, undef, $PAUSE if $! == $EAGAIN;
	}
	return 1;
}

# Opens a copy, if one is wanted: its path, its file, and later whether something could not be
# written (lost).
sub open_copy {
	my ($name) = @_;
	my $path = $option{$name};
	return if $path eq '';
	# Not open(), which waits for a reader if this is a named pipe.
	if (sysopen my $file, $path, $WRITE_NONBLOCK) {
		$copy{$name} = {path => $path, file => $file};
	} else {
		$end{unable} = "cannot write to $path: $!";
	}
}

sub lose {
	my ($copy) = @_;
	$copy->{lost} = 1;
	$end{lost} = "cannot write to $copy->{path}: $!" if !$end{lost};
}

sub save {
	my ($name, $bytes) = @_;
	my $copy = $copy{$name};
	lose($copy) if $copy && !$copy->{lost} && !write_all($copy->{file}, $bytes);
}

sub close_copy {
	my $copy = delete $copy{$_[0]};
	lose($copy) if $copy && !close($copy->{file}) && !$copy->{lost};
}

sub print_all {
	my ($lines) = @_;
	return if $lines eq '' || write_all(\*STDOUT, $lines);
	my $why = $!;
	heed_signals();
	give_up("cannot write to stdout: $why");
}

# Returns what there is to print, after a look by those who want a copy.
sub output {
	my $lines = Stream::output();
	save('stream', $lines);
	JUnit::take($lines, now()) if $copy{junit} && $lines ne '';
	Symbols::take($lines);
	return $lines;
}

# ---- the engine ---------------------------------------------------------------------------------

# Starts the engine, and returns the pipes for its stdout, its stderr and the debug port.
sub start_engine {
	my ($with_debug) = @_;
	local $^F = 255; # descriptors up to this stay open in COMMAND
	pipe(my $out, my $out_end) or give_up("no pipe: $!");
	pipe(my $err, my $err_end) or give_up("no pipe: $!");
	pipe(my $debug, my $debug_end) or give_up("no pipe: $!");
	$child = fork;
	give_up("cannot fork: $!") if !defined $child;
	return ($out, $err, $debug) if $child;

	$SIG{$_} = 'DEFAULT' for grep { defined $SIG{$_} } keys %SIG;
	close $_ for $out, $err, $debug;
	open STDOUT, '>&', $out_end;
	open STDERR, '>&', $err_end;
	close $_ for $out_end, $err_end;
	my $name = '/dev/fd/' . fileno $debug_end;
	if ($with_debug) { s/\@DEBUG_LOG\@/$name/ for @command }
	else { close $debug_end }
	$^W = 0; # the message is ours
	{ exec {$command[0]} @command }
	my $why = $!;
	print STDERR "$command[0]: $why\n";
	exit($why + 0 == $ENOENT ? 127 : 126);
}

# Splits the engine's stderr into lines, and keeps the first 1000 bytes of each of the last ones.
my $message = '';
sub take_message {
	my ($bytes) = @_;
	my @lines = split /\n/, $message . $bytes, -1;
	$message = substr pop @lines, 0, 1000;
	push @{$end{messages}}, map { substr $_, 0, 1000 } grep { $_ ne '' } @lines;
	splice @{$end{messages}}, 0, -$MESSAGES if @{$end{messages}} > $MESSAGES;
}

# Reads what the pipes have and gives it to their takers.  Returns whether there was anything.
#
# QEMU writes each byte of its own.  If this process woke up for each, a run would take twice as
# long: so it pauses each time it has read something.
sub read_all {
	my ($takers, $patience) = @_;
	my $ready = '';
	vec($ready, $_, 1) = 1 for keys %$takers;
	return 0 if select($ready, undef, undef, $patience) <= 0;
	for my $fd (keys %$takers) {
		next if !vec $ready, $fd, 1;
		my ($file, $take) = @{$takers->{$fd}};
		my $n = sysread($file, my $bytes, $CHUNK);
		next if !defined $n;
		if ($n) { $take->($bytes) }
		else { delete $takers->{$fd} }
	}
	print_all(output());
	select undef, undef, undef, $PAUSE if $child && %$takers;
	return 1;
}

# What reads the stream.  Perl takes longer to compile it than to start the engine: so the engine
# starts first, but for a list of known failures, which may be a reason not to start it.
sub load_readers {
	require "$_.pl" for qw(stream expect judge symbols), $copy{junit} ? 'junit' : ();
}

sub run {
	my ($out, $err, $debug, $start) = @_;
	my %takers = (
		fileno $out => [$out, sub { save('log', $_[0]); Stream::take($_[0]) }],
		fileno $err => [$err, sub { save('messages', $_[0]); take_message($_[0]) }],
		fileno $debug => [$debug, sub { save('debug_log', $_[0]) }],
	);
	my $stop = $option{seconds} > 0 ? $option{seconds} : 9**9;
	my $last = 9**9; # when to stop reading the pipes of an engine that has ended

	while (%takers || $child) {
		my $over = reap();
		my $elapsed = now() - $start;
		$last = $elapsed + $PATIENCE if $over && $last == 9**9;
		last if $elapsed > $last;
		heed_signals();
		if ($elapsed >= $stop) {
			$end{timed_out} ? kill('KILL', $child) : terminate() if $child;
			$end{timed_out} = 1 if !$over;
			$stop = $elapsed + $PATIENCE;
		}
		my $patience = $over ? 0 : !%takers ? $PAUSE
			: $stop - $elapsed < $TICK ? $stop - $elapsed : $TICK;
		last if !read_all(\%takers, $patience) && $over;
	}
	take_message("\n") if $message ne '';
}

start_group();
open_copy($_) for qw(log debug_log stream messages junit);
if ($option{expect} ne '') {
	load_readers();
	$end{bad_list} = Expect::load(@option{qw(expect image)});
}
my $start = now();
my @pipes = $end{unable} || $end{bad_list} ? () : start_engine(defined $copy{debug_log});
load_readers();
Stream::begin();
Symbols::begin();
JUnit::begin($start) if $copy{junit};
run(@pipes, $start) if @pipes;
close_copy($_) for qw(log debug_log messages);
my $said = Stream::finish();
print_all(output());
Stream::say(Symbols::report($option{image}, $option{image} =~ s/guest(\.elf)$/host$1/r));
$option{list} = sub { require 'list.pl'; return List::ask(\%option, sub { $caught }) };
my $status = Judge::verdict(\%option, $said, \%end);
heed_signals();
# What is lost now the verdict can't tell any more: then it is not printed.
delete $end{lost};
my $last_lines = output();
save('junit', JUnit::report(now())) if $copy{junit};
close_copy($_) for qw(stream junit);
give_up($end{lost}) if $end{lost};
print_all($last_lines);
close STDOUT or give_up("cannot write to stdout: $!");
exit $status;
