# SPDX-License-Identifier: GPL-2.0-only
# What "print" shows of an outcome, an exit, a site, a VMCB and a field of the VMCS.


class Printer:
    def __init__(self, value):
        self.value = value


class OutcomePrinter(Printer):
    """struct outcome: how an access or a call ended."""

    def to_string(self):
        fault, after = self.value["fault"], self.value["after"]
        if int(self.value["faulted"]):
            return "trap %d, error %#x, rip %#x" % (fault["vector"], fault["error"], fault["rip"])
        return "returned, rax %#x" % int(after["rax"])


class ExitPrinter(Printer):
    """struct vcpu_exit"""

    def to_string(self):
        name = self.value["name"]
        text = exit_summary(self.value)
        return text + (" (%s)" % name.string() if int(name) else "")


class SitePrinter(Printer):
    """struct site"""

    def to_string(self):
        data = gdb.selected_inferior().read_memory(int(self.value["entry"]), 4).tobytes()
        return "gpa %#x, entry %#x: %s  %s" % (
            self.value["gpa"], self.value["entry"], hexadecimal(data),
            instruction(int(self.value["entry"])))


class VmcbPrinter(Printer):
    """struct vmcb, without what is reserved."""

    def to_string(self):
        code = int(self.value["exit_code"]) & 0xFFFFFFFF
        kind = gdb.lookup_type("enum svm_exit_code")
        names = {field.enumval: field.name for field in kind.fields()}
        return names.get(code, "exit code %#x" % code)

    def children(self):
        for field in self.value.type.fields():
            if field.name.startswith("reserved"):
                continue
            value = self.value[field.name]
            if field.type.code == gdb.TYPE_CODE_STRUCT:
                text = "%#x, attributes %#x, limit %#x, base %#x" % tuple(
                    int(value[name]) for name in ("selector", "attributes", "limit", "base"))
            else:
                text = "%#x" % int(value)
            yield "+%#05x %s" % (field.bitpos // 8, field.name), text


class VmcsFieldPrinter(Printer):
    """enum vmcs_field: SDM volume 3 (325384-083), table 25-19 has the encoding's bits."""

    def to_string(self):
        number = int(self.value)
        names = {field.enumval: field.name for field in self.value.type.fields()}
        width = ("16 bits", "64 bits", "32 bits", "natural width")[number >> 13 & 3]
        kind = ("control", "exit information", "guest", "host")[number >> 10 & 3]
        return "%s (%#x: %s, %s)" % (names.get(number, "unknown"), number, kind, width)


def make_printers():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("paraguest")
    for name, printer in (
        ("outcome", OutcomePrinter),
        ("vcpu_exit", ExitPrinter),
        ("site", SitePrinter),
        ("vmcb", VmcbPrinter),
        ("vmcs_field", VmcsFieldPrinter),
    ):
        printers.add_printer(name, "^%s$" % name, printer)
    return printers
