# SPDX-License-Identifier: GPL-2.0-only
# pg check and pg next-call: the guest's side.

# By the calling conventions: the index, then the arguments (C1, C32.1, KC1).
REGISTERS = {
    ("kvm2007", 64): ("rax", "rdi", "rsi", "rdx", "rcx", "r8", "r9"),
    ("kvm2007", 32): ("rbx", "rax", "rcx", "rdx", "rsi", "rdi", "rbp"),
    ("kvm", 64): ("rax", "rbx", "rcx", "rdx", "rsi"),
    ("kvm", 32): ("rax", "rbx", "rcx", "rdx", "rsi"),
}

# ---- pg check -------------------------------------------------------------------------------


def all_checks():
    """Yields each ABI's name and each of its checks, from the image's file: gdb may be connected
    to a machine that has not loaded it yet."""
    for symbol in gdb.lookup_static_symbols("areas"):
        abi = symbol.symtab.filename.split("/")[-2]
        areas, n = symbol.value(), 0
        while int(areas[n]):
            for row in range(int(areas[n]["count"])):
                yield abi, areas[n]["checks"][row]
            n += 1


class CheckBreakpoint(gdb.Breakpoint):
    """At the function of a check.  Other checks may share it: they don't stop."""

    def __init__(self, check):
        self.check = int(check.address)
        super().__init__("*%#x" % int(check["body"]), type=gdb.BP_HARDWARE_BREAKPOINT)

    def stop(self):
        return int(static("run", "src/guest/main.c")["check"]) == self.check


def check(argument):
    """Stop where a check begins: pg check NAME."""
    with Setting("trust-readonly-sections", "on"):
        for abi, row in all_checks():
            if row["name"].string() == argument:
                CheckBreakpoint(row)
                print("%s: rule %s of %s" % (argument, row["rule"].string(), abi))
                return
    raise gdb.GdbError("no check is named '%s' (see the guest's option 'list')" % argument)


def complete_check(text, word):
    """gdb completes words, which end at a dot: so the word's part of each name.  From gdb 16 on it
    first asks without a word, to see where that begins."""
    with Setting("trust-readonly-sections", "on"):
        names = [row["name"].string() for _, row in all_checks()]
    return [name[len(text) - len(word or "") :] for name in names if name.startswith(text)]


# ---- pg next-call ---------------------------------------------------------------------------


def register(name):
    return int(gdb.selected_frame().read_register(name)) & 0xFFFFFFFFFFFFFFFF


class SilentBreakpoint(gdb.Breakpoint):
    """One of these commands' own."""

    def __init__(self, address):
        self.address = address
        super().__init__("*%#x" % address, type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        self.silent = True


class CallBreakpoint(SilentBreakpoint):
    """At a function of src/guest/interact.h; but not if that calls code of the image itself: an
    access to a MSR, or only a RET."""

    def __init__(self, function):
        self.function = function
        super().__init__(int(gdb.parse_and_eval("(unsigned long)&" + function)))

    def stop(self):
        if self.function == "interact_call":
            target = register("rdi")
        elif self.function == "interact_calls32":
            target = int(pointer(register("rdi"), "struct call32")["target"])
        else:
            return True
        return target not in self.own_code

    @classmethod
    def prepare(cls):
        names = ("op_rdmsr", "op_wrmsr", "op_rdmsr32", "op_wrmsr32")
        code = [sal.pc for name in names for sal in gdb.decode_line(name)[1]]
        cls.own_code = code + [pc + 2 for pc in code]  # the RET after each


def run_to(points):
    """Continues to one of these breakpoints, deletes them, and returns it; None: another stop."""
    try:
        gdb.execute("continue", to_string=True)
        pc = register("rip")
        hit = [point for point in points if point.address == pc]
    except gdb.error:
        hit = []
    for point in points:
        point.delete()
    return hit[0] if hit else None


def show_registers(title, names, values, bits):
    mask = (1 << bits) - 1
    show_list(title, ["%s %#x" % (name, int(values[name]) & mask) for name in names])


def site_bytes(entry, unpaged):
    """Its bytes, and the instruction; entry is a gpa if the call is one without paging."""
    if not unpaged:
        data = gdb.selected_inferior().read_memory(entry, 4).tobytes()
        return "%s  %s" % (hexadecimal(data), instruction(entry))
    with Physical():
        at = machine_address(entry)
        return "%s  %s" % (hexadecimal(read_gpa(entry, 4)), instruction(at))


def show_change(before, after, names, mask=0xFFFFFFFFFFFFFFFF):
    lines = []
    for name in names:
        old, new = int(before[name]) & mask, int(after[name]) & mask
        if old != new:
            lines.append("%s %#x -> %#x" % (name, old, new))
    show_list("changed", lines or ["nothing else"])


def show_trap(frame):
    values = frame["vector"], frame["error"], frame["rip"]
    print("  trap    vector %d, error %#x, rip %#x" % values)


def show_result(function, entry, before, result):
    """What came back: result is a struct outcome, call32 or trap_frame."""
    names = [field.name for field in before.type.fields() if field.name not in ("rax", "rsp")]
    if function == "interact_call":
        if int(result["faulted"]):
            show_trap(result["fault"])
            return
        print("  result  rax %#x" % int(result["after"]["rax"]))
        show_change(result["before"], result["after"], names + ["rsp"])
    elif function == "interact_calls32":
        if int(result["faulted"]):
            print("  trap    eip %#x, error %#x" % (result["fault_eip"], result["fault_error"]))
            return
        low = 0xFFFFFFFF
        print("  result  eax %#x" % (int(result["out"]["rax"]) & low))
        show_change(result["in"], result["out"], names[: names.index("r8")], low)
    else:  # the UD2 after the call is its return
        if int(result["vector"]) != 6 or int(result["rip"]) != entry + 3:
            show_trap(result)
            return
        print("  result  rax %#x" % int(result["rax"]))
        show_change(before, result, names)


def next_call(_):
    """Go on to the next hypercall, and until it has come back."""
    CallBreakpoint.prepare()
    functions = ("interact_call", "interact_calls32", "interact_enter")
    point = run_to([CallBreakpoint(name) for name in functions])
    if not point:
        raise gdb.GdbError("stopped before another call")
    function, bits, unpaged = point.function, 64, False
    if function == "interact_call":
        entry, before = register("rdi"), pointer(register("rsi"), "struct gprs")
        result = pointer(register("rdx"), "struct outcome")
    elif function == "interact_calls32":
        result, bits = pointer(register("rdi"), "struct call32"), 32
        entry, before = int(result["target"]), result["in"]
        unpaged = str(result["mode"]) == "MODE32_UNPAGED"
    else:
        entry, before = register("rsi"), pointer(register("rdx"), "struct gprs")
        result = pointer(register("rcx"), "struct trap_frame")
    run = static("run", "src/guest/main.c")
    abi = run["abi"]["name"].string()
    names = REGISTERS[abi, bits]
    code = site_bytes(entry, unpaged)
    print("call %d of %s, in %s" % (bits, abi, run["check"]["name"].string()))
    print("  site    %#x: %s" % (entry, code))
    show_registers("index", names[:1], before, bits)
    show_registers("args", names[1:], before, bits)

    back = int(pointer(register("rsp"), "struct gprs")["rax"])  # the return address
    point = SilentBreakpoint(back)
    point.thread = gdb.selected_thread().num
    if not run_to([point]):
        raise gdb.GdbError("stopped before the call came back")
    show_result(function, entry, before, result)
    if site_bytes(entry, unpaged) != code:
        print("  site    now %s" % site_bytes(entry, unpaged))
