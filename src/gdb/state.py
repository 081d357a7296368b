# SPDX-License-Identifier: GPL-2.0-only
# pg state, pg memory and pg exits: what the guest and its host share.

# The structures whose gpas a vCPU writes to these MSRs of today's ABI, by struct kvm_vcpu's number.
KVM_AREAS = (
    (1, "clock", "struct pvclock_vcpu_time_info"),
    (2, "async page faults", "struct kvm_vcpu_pv_apf_data"),
    (3, "steal time", "struct kvm_steal_time"),
    (4, "EOI", "unsigned int"),
)
ENABLED = 1
# Bits of those MSRs that are no part of the address.
FLAGS = {2: 63, 3: 63, 4: 3}


def error_name(number):
    """ret of the ABI of 2007 (S3)."""
    return {0: "success", -1: "-EINVAL"}.get(number, "no value of the ABI")


def fields_of(value):
    """NAME VALUE of each field, without padding."""
    if value.type.code != gdb.TYPE_CODE_STRUCT:
        return ["%#x" % int(value)]
    names = [field.name for field in value.type.fields() if not field.name.startswith("pad")]
    return ["%s %d" % (name, int(value[name])) for name in names]


def gpa_text(gpa):
    """Inside Physical(): a gpa, and where that is in the machine if it is elsewhere."""
    at = machine_address(gpa)
    if at == gpa:
        return "gpa %#x" % gpa
    return "gpa %#x (%s)" % (gpa, "no memory" if at is None else "machine %#x" % at)


def show_site(gpa):
    at = machine_address(gpa)
    if at is None:
        print("  site    %s" % gpa_text(gpa))
        return
    data = hexadecimal(read_gpa(gpa, 4))
    print("  site    %s: %s  %s" % (gpa_text(gpa), data, instruction(at)))


def show_state_page(gpa):
    kind = gdb.lookup_type("struct kvm_vcpu_para_state")
    page = gdb.Value(read_gpa(gpa, kind.sizeof), kind)
    ret = int(page["ret"].cast(gdb.lookup_type("int")))
    print("kvm2007: state page at %s" % gpa_text(gpa))
    names = ("guest_version", "host_version", "size")
    fields = ["%s %d" % (name, int(page[name])) for name in names]
    show_list("fields", fields + ["ret %d (%s)" % (ret, error_name(ret))])
    if int(page["size"]) != PAGE:
        print("  (wanted size %d: has the guest used the page for something else since?)" % PAGE)
    show_site(int(page["hypercall_gpa"]))


def show_area(number, title, name, msr):
    if not msr & ENABLED:
        print("kvm: %s: off" % title)
        return
    kind = gdb.lookup_type(name)
    gpa = msr & ~FLAGS.get(number, ENABLED)
    value = gdb.Value(read_gpa(gpa, kind.sizeof), kind)
    print("kvm: %s at %s" % (title, gpa_text(gpa)))
    show_list("", fields_of(value))


def state(argument):
    """What guest and host share: pg state [vCPU].  vCPU 0 is the boot processor."""
    number = int(gdb.parse_and_eval(argument)) if argument else 0
    with Physical():
        vcpus = static("vcpus", "src/host/vcpus.c")
        if vcpus is None:
            # Only the host knows what is registered; the guest's first page is the usual one.
            print("without the host's symbols: the state page that the guest uses most")
            page = int(gdb.parse_and_eval("PAGE_STATE_A"))
            show_state_page(int(static("pool", "src/guest/pages.c")) + page * PAGE)
            return
        if not 0 <= number < vcpus.type.range()[1] + 1 or not int(vcpus[number]):
            raise gdb.GdbError("vCPU %d does not run" % number)
        vcpu = vcpus[number].dereference()
        if int(vcpu["para_state_gpa"]):
            show_state_page(int(vcpu["para_state_gpa"]))
        else:
            print("kvm2007: nothing is registered")
        for number, title, name in KVM_AREAS:
            msr = int(vcpu["kvm"]["msr"][number])
            show_area(number, title, name, msr)


def memory(argument):
    """The guest's memory as the guest has it: pg memory GPA [BYTES]."""
    words = gdb.string_to_argv(argument)
    if not 1 <= len(words) <= 2:
        raise gdb.GdbError("wanted: pg memory GPA [BYTES]")
    gpa, length = (int(gdb.parse_and_eval(word)) for word in (words + ["64"])[:2])
    with Physical():
        print(gpa_text(gpa))
        data = read_gpa(gpa, length)
    for at in range(0, length, 16):
        print("%#x: %s" % (gpa + at, hexadecimal(data[at : at + 16])))


# ---- pg exits -------------------------------------------------------------------------------


def exit_text(vcpu):
    """What exited, and what the registers say about it."""
    regs, out = vcpu["regs"], vcpu["exit"]
    kind = str(out["kind"])[len("EXIT_") :]
    rax, rcx, rdx = (int(regs[name]) & 0xFFFFFFFF for name in ("rax", "rcx", "rdx"))
    if kind == "RDMSR":
        return "RDMSR %#x" % rcx
    if kind == "WRMSR":
        return "WRMSR %#x = %#x" % (rcx, rdx << 32 | rax)
    if kind == "CPUID":
        return "CPUID %#x, %#x" % (rax, rcx)
    if kind == "IO" and not int(out["io"]["in"]) and not int(out["io"]["string"]):
        mask = (1 << 8 * int(out["io"]["size"])) - 1
        return "%s = %#x" % (exit_summary(out), rax & mask)
    return exit_summary(out)


def exit_summary(out):
    """A struct vcpu_exit."""
    kind = str(out["kind"])[len("EXIT_") :]
    if kind == "IO":
        port = out["io"]
        words = ["in" if int(port["in"]) else "out", "%#x" % int(port["port"])]
        words += ["%d" % int(port["size"])] + (["string"] if int(port["string"]) else [])
        return "IO " + " ".join(words)
    if kind == "NESTED_FAULT":
        return "NESTED_FAULT gpa %#x" % int(out["gpa"])
    if kind == "EXCEPTION":
        return "EXCEPTION %d, error %#x" % (out["event"]["vector"], out["event"]["error"])
    if kind in ("UNKNOWN", "ENTRY_FAILED"):
        return "%s code %#x, information %#x" % (kind, out["code"], out["information"])
    return kind


class ExitBreakpoint(SilentBreakpoint):
    """At vcpu_handle_exit(), through which each exit but a hypercall goes.  It never stops."""

    def __init__(self):
        super().__init__(int(gdb.parse_and_eval("(unsigned long)&vcpu_handle_exit")))

    def stop(self):
        vcpu = pointer(register("rdi"), "struct vcpu")
        print("exit %d %#x %s" % (vcpu["id"], vcpu["rip"], exit_text(vcpu)))
        return False


exit_breakpoints = []


def exits(argument):
    """A line for each exit of the guest but hypercalls: pg exits [off]."""
    while exit_breakpoints:
        exit_breakpoints.pop().delete()
    if argument == "off":
        return
    if static("vcpus", "src/host/vcpus.c") is None:
        raise gdb.GdbError("no symbols of the host: add-symbol-file build/host.elf")
    exit_breakpoints.append(ExitBreakpoint())
