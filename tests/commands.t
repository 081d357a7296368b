#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each command that a document shows is run, and ends as tests/commands.tsv says; or another file
# runs it, which the table names.  No block hides a command.
# shellcheck disable=SC2016 # Markdown
. tests/tap.sh

table=tests/commands.tsv
languages='sh gdb lldb c text yaml'

# blocks FILE...: the lines of their code blocks: place, language (- if it has none), "begin" or
# "line", text; with tabs between.  The language "open" is of a block that does not end.
blocks() {
	perl -ne '
		if (/^ *```(.*)/) {
			$language = defined $language ? undef : length $1 ? $1 : "-";
			print "$ARGV:$.\t$language\tbegin\t\n" if defined $language;
		} elsif (defined $language) {
			s/^ *//;
			print "$ARGV:$.\t$language\tline\t$_";
		}
		if (eof) {
			print "$ARGV:$.\topen\tbegin\t\n" if defined $language;
			$language = undef;
			close ARGV;
		}' "$@"
}

# commands: of what blocks() prints the commands, each after its place and a tab.
commands() {
	perl -F'\t' -ne '
		next if $F[2] ne "line" || $F[3] eq "\n";
		s/^[^\t]*\t(sh|gdb|lldb)\tline\t// or next;
		print "$F[0]\t$_" if $1 eq "sh" || /^$1 /;'
}

# trouble: what is not as it has to be in what blocks() prints.
trouble() {
	awk -F'\t' -v languages=" $languages " '
		$3 == "begin" && !index(languages, " " $2 " ") {
			print $1 ": a block of language " $2
		}
		$2 !~ /^(sh|gdb|lldb)$/ &&
		$4 ~ /^(\$ |\.\/[a-z-]*\.sh( |$)|make |build\/|tests\/[a-z-]*\.sh|lldb |gdb |qemu-)/ {
			print $1 ": a command in a block of language " $2
		}
		$2 == "sh" && $4 ~ /\\$/ { print $1 ": a command of two lines" }'
}

# ---- the table ----------------------------------------------------------------------------------

find . -path './build*' -prune -o -name .git -prune -o -name '*.md' -print | sed 's|^\./||' |
	LC_ALL=C sort >"$tmp/documents"
holds 'there are documents' grep -qx README.md "$tmp/documents"
# shellcheck disable=SC2046 # names without blanks
blocks $(cat "$tmp/documents") >"$tmp/blocks"
trouble <"$tmp/blocks" >"$tmp/err"
lacks "$tmp/err" . "each block has a language ($languages), and only sh, gdb and lldb have commands"
commands <"$tmp/blocks" >"$tmp/commands"
grep -v '^#' "$table" >"$tmp/rows"
cut -f1 "$tmp/rows" | sort >"$tmp/known"
cut -f2- "$tmp/commands" | sort -u >"$tmp/shown"
is "$(uniq -d "$tmp/known")" '' "$table: no command is there twice"
comm -13 "$tmp/known" "$tmp/shown" | grep -F -f - "$tmp/commands" >"$tmp/err"
lacks "$tmp/err" . "each command is in $table"
comm -23 "$tmp/known" "$tmp/shown" >"$tmp/err"
lacks "$tmp/err" . "$table has no command that no document shows"

# That the above can fail.
printf '%s\n' '```' 'text' '```' '   ```sh' '   ./run-qemu.sh --nothing' '   ```' '```text' \
	'./run-qemu.sh' '```' '```sh' 'make' >"$tmp/bad.md"
blocks "$tmp/bad.md" >"$tmp/bad"
is "$(trouble <"$tmp/bad" | sed 's|.*/bad\.md:\([0-9]*\): a|\1|; s|block of language|of|' |
	tr '\n' ';')" '1 of -;8 command in a of text;11 of open;' \
	'a block without a language, one that hides a command and one without an end are noticed'
is "$(commands <"$tmp/bad" | cut -f2 | tr '\n' ';')" './run-qemu.sh --nothing;make;' \
	'a command of an indented block is one'

# What tests/fresh.sh runs on a new machine are the README's two commands.
is "$(sed -n "s/^COMMANDS='\([^']*\)'.*/\1/p" tests/fresh.sh | tr '|' '\n')" \
	"$(awk '/^```sh$/ { on = 1; next } /^```$/ { if (on) exit } on' README.md)" \
	"tests/fresh.sh runs the README's two commands"

# ---- the commands -------------------------------------------------------------------------------

is_here() { # WHAT
	case $1 in
	-) ;;
	kvm) kvm_is_here && make -s O="$O" vmm >&2 ;;
	bochs) bochs_is_here ;;
	grub) grub_is_here ;;
	*) false ;;
	esac
}

./run-qemu.sh --log="$tmp/serial.log" >"$tmp/out" # as README's grep finds it
while IFS='	' read -r command status needs pattern; do
	case $status in
	*[!0-9\ ]*)
		holds "$command: $status has it ($pattern)" test -e "$status"
		continue ;;
	esac
	is_here "$needs" || { skip "$command" "no $needs"; continue; }
	# With the images in $O, and files in $tmp.
	(eval "$(printf '%s\n' "$command" |
		sed -E "s|build/|$O/|g; s#(host\.log|serial\.log|known\.tsv)#$tmp/\1#")") \
		>"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	case " $status " in *" $got "*) ;; *) false ;; esac
	ok $? "$command: exit status $status" || {
		echo "# got $got"
		tail -n 5 "$tmp/err" | sed 's/^/# /'
	}
	[ "$pattern" = ^ ] || has "$tmp/out" "$pattern" "$command: $pattern"
done <"$tmp/rows"
has "$tmp/host.log" '^call 0 64 ' 'the log has the calls'
grub_is_here && holds 'there is an ISO' test -s "$O/paraguest.iso"
finish
