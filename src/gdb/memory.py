# SPDX-License-Identifier: GPL-2.0-only
# Commands and printers for gdb.  The build puts the files of this directory, one after the other,
# beside each image, as guest.elf-gdb.py and host.elf-gdb.py: by these names gdb finds them when it
# reads an image's symbols.  commands.py, the last, has the list of commands.
#
# gdb talks to QEMU, whose debugger knows nothing of nested paging: it uses the page tables of the
# code that is stopped, and takes a gpa for the machine's address.  So what is in memory is read
# here by the machine's addresses, and a gpa is first translated by the host's own tables.
import gdb
import gdb.printing

PAGE = 4096
LARGE_PAGE = 1 << 21
ADDRESS = 0x000FFFFFFFFFF000  # of a page table's entry
LARGE = 1 << 7  # there: it maps a large page

# ---- symbols and memory ---------------------------------------------------------------------


def static(name, path):
    """The variable of the source file whose path ends so; None if its image is not loaded."""
    for symbol in gdb.lookup_static_symbols(name):
        if symbol.symtab.filename.endswith(path):
            return symbol.value()
    return None


def pointer(address, name):
    """A gdb.Value: the struct with this name at the address."""
    return gdb.Value(int(address)).cast(gdb.lookup_type(name).pointer()).dereference()


class Setting:
    """with Setting(NAME, VALUE): gdb's setting has this value inside."""

    def __init__(self, name, value):
        self.name, self.value = name, value

    def __enter__(self):
        self.old = gdb.parameter(self.name)
        gdb.execute("set %s %s" % (self.name, self.value))

    def __exit__(self, *_):
        gdb.execute("set %s %s" % (self.name, "on" if self.old else "off"))


class Physical:
    """with Physical(): all addresses are the machine's.  Both images are at their own ones."""

    def mode(self, on):
        gdb.execute("maintenance packet Qqemu.PhyMemMode:%d" % on, to_string=True)
        gdb.invalidate_cached_frames()

    def __enter__(self):
        self.mode(1)

    def __exit__(self, *_):
        self.mode(0)


def machine_address(gpa):
    """Inside Physical(): where the guest's memory at gpa is; None: the guest has none there."""
    memory = static("memory", "src/host/main.c")
    if memory is None:
        return gpa  # without the reference host the guest has the machine
    if gpa >= int(memory["size"]):
        return None
    entry = int(memory["directory"][gpa // LARGE_PAGE])
    if entry & LARGE:
        return (entry & ADDRESS & -LARGE_PAGE) + gpa % LARGE_PAGE
    table = gdb.Value(entry & ADDRESS).cast(gdb.lookup_type("unsigned long").pointer())
    entry = int(table[gpa % LARGE_PAGE // PAGE])
    return (entry & ADDRESS) + gpa % PAGE if entry else None


def read_gpa(gpa, length):
    """Inside Physical(): these bytes of the guest's memory."""
    data = b""
    while len(data) < length:
        at = machine_address(gpa + len(data))
        if at is None:
            raise gdb.GdbError("the guest has no memory at gpa %#x" % (gpa + len(data)))
        part = min(length - len(data), PAGE - at % PAGE)
        data += gdb.selected_inferior().read_memory(at, part).tobytes()
    return data


def instruction(address):
    """The instruction at an address, as gdb writes it."""
    frame = gdb.selected_frame()
    return " ".join(frame.architecture().disassemble(address)[0]["asm"].split())


def hexadecimal(data):
    return " ".join("%02x" % byte for byte in data)


def show_list(title, items, width=88):
    """Prints them after the title, in as many lines as it takes."""
    line = ""
    for item in items:
        if line and len(line) + len(item) > width:
            print("  %-8s%s" % (title, line.rstrip()))
            title, line = "", ""
        line += item + "  "
    print("  %-8s%s" % (title, line.rstrip()))
