# SPDX-License-Identifier: GPL-2.0-only
# The runner's judge: reads what came out of the serial port, prints well-formed TAP, and exits
# with a verdict that the guest cannot have faked.
#
#   engine     what ran the guest, for messages
#   trailer    begins the last line, which the runner adds: the engine's messages, then its exit
#              status, separated by tabs
#   seconds    the timeout, for messages
#   exit_skip  exit status of a run that was skipped
#
# Three witnesses have to agree: the results seen, the guest's last word ("# RESULT: ...") and the
# exit status.  Anything else is an error, under the name of the test that was running.  A line that
# is not what it claims to be becomes a comment.

function say(line) { print line; fflush() }
function counts() { return "pass=" pass + 0 " fail=" fail + 0 " skip=" skip + 0 " todo=" todo + 0 }

# The first contradiction inside the stream; the reason why there is no verdict.
function wrong(what) { if (contradiction == "") contradiction = what }
function trouble(what, why) { kind = what; story = why }

# ---- line by line -------------------------------------------------------------------------------

# Firmware may have left the cursor in the middle of a line, and escape codes.
function before_header(line,    at) {
    at = index(line, "TAP version 13")
    if (at && substr(line, at) == "TAP version 13") {
        header = 1
        say("TAP version 13")
        return
    }
    noise[noises++] = line
    if (line ~ /^Bail out!/) bail = line
}

# Both return whether the line is what it claims to be.
function accept_plan(line) {
    if (planned) wrong("a second plan: " line)
    else if (seen) wrong("a plan behind results: " line)
    else if (line !~ /^1\.\.([1-9][0-9]*$|0 # SKIP)/) wrong("a malformed plan: " line)
    else {
        planned = 1
        plan = substr(line, 4) + 0
        return 1
    }
}

function accept_result(line,    name) {
    name = line
    sub(/^(not )?ok */, "", name)
    if (name !~ /^[0-9]+ - [^ #]/ || name + 0 != seen + 1) {
        wrong("this is not result " seen + 1 ": " line)
        return 0
    }
    seen++
    sub(/^[0-9]* - /, "", name)
    sub(/ .*/, "", name)
    if (name == running) running = ""

    if (line ~ /^not/) { if (line ~ / # TODO( |$)/) todo++; else fail++ }
    else if (line ~ / # SKIP( |$)/) skip++
    else pass++
    return 1
}

# A Bail out and the verdict are kept until the end, which may contradict them.
function guest_line(line,    known) {
    gsub(/\r/, "", line)
    if (line == "") return
    if (!header) { before_header(line); return }
    if (result != "") {
        if (line ~ /^((not )?ok|1\.\.|Bail out!|TAP version|# RESULT:)/)
            wrong("after the verdict: " line)
        return
    }
    if (line ~ /^# RESULT:/) { result = line; return }
    if (line ~ /^Bail out!/) { if (bail == "") bail = line; return }

    if (line ~ /^# run /) { running = substr(line, 7); gsub(/ .*|#/, "", running) }
    if (line ~ /^TAP version/) wrong("a second header")
    known = line ~ /^#/
    if (line ~ /^1\.\./) known = accept_plan(line)
    if (line ~ /^(not )?ok( |$)/) known = accept_result(line)
    say(known ? line : "# stray: " line)
}

# ---- the end ------------------------------------------------------------------------------------

# How the engine ended, where that alone rules a verdict out.
function judge_end() {
    if (status == 124 || status == 137)
        trouble("hang", "stopped after " seconds " s, " (result == "" ? "no verdict" : "no end"))
    else if (bail ~ /^Bail out! host:/)
        trouble("host", substr(bail, 11))
    else if (status == "")
        trouble("cut", "the runner was killed")
    else if (status == 0)
        trouble("reset", engine " ended with status 0: a triple fault, a reset or a power-off")
    else if (status == 1 && !header)
        trouble("engine", engine " did not start (exit status 1)")
    else if (status > 124 && status < 128)
        trouble("engine", engine " cannot be run (exit status " status ")")
    else if (!(status in word_of))
        trouble("engine", engine " exit status " status " is no verdict")
}

# What the guest said, against what was seen.
function judge_words(    word, why) {
    word = substr(result, 11)
    sub(/ .*/, "", word)
    if (!header) why = "the guest printed no TAP (exit status " status ")"
    else if (result == "") why = "the log ends without a verdict (exit status " status ")"
    else if (bail == "" && contradiction == "" && !planned) why = "there is no plan"
    if (why != "") { trouble("cut", why); return }

    if (contradiction != "") why = contradiction
    else if (result != "# RESULT: " word " " counts()) why = "the results seen are " counts()
    else if (word != word_of[status]) why = "exit status " status " means " word_of[status]
    else if (bail != "" && word != "ERROR") why = "a verdict after bailing out"
    else if (bail == "" && seen != plan) why = seen + 0 " results for a plan of " plan
    else if (word == "PASS" && !pass || word == "FAIL" && !fail || word ~ /PASS|SKIP/ && fail)
        why = "the results do not amount to " word
    if (why != "") trouble("verdict", why)
    else verdict = word
}

# One more test, which failed.
function report_trouble(    i) {
    if (!header) say("TAP version 13")
    say("not ok " ++seen " - " (running == "" ? "runner." kind : running))
    if (!planned) say("1.." seen)
    fail++
    say("# runner: " story (running == "" ? "" : " (running: " running ")"))
    for (i = noises > 20 ? noises - 20 : 0; i < noises && !header; i++)
        say("# before TAP: " noise[i])
    if (partial != "") say("# cut off: " partial)
    if (bail != "") say("# " bail)
    if (result != "") say("# guest said: " substr(result, 3))
}

BEGIN { word_of[33] = "PASS"; word_of[35] = "FAIL"; word_of[37] = "SKIP"; word_of[39] = "ERROR" }

# Only the last line can be the trailer: one that looks like it is kept until the next comes.
held != "" { guest_line(held); held = "" }
index($0, trailer) { held = $0; next }
{ guest_line($0) }

END {
    if (at = index(held, trailer)) {
        partial = substr(held, 1, at - 1)
        messages = split(substr(held, at + length(trailer)), message, "\t")
        status = message[messages--]
    }
    if (partial ~ /^# RESULT:/) { guest_line(partial); partial = "" }

    judge_end()
    if (kind == "") judge_words()
    if (kind != "") report_trouble()
    else if (bail != "") say(bail)
    for (i = 1; i <= messages; i++)
        if (message[i] != "") say("# " tolower(engine) ": " message[i])
    say(kind == "" ? result : "# RESULT: ERROR " counts())

    if (verdict == "PASS") exit 0
    if (verdict == "SKIP") exit exit_skip
    if (verdict == "FAIL") exit 1
    exit kind == "hang" ? 124 : 99
}
