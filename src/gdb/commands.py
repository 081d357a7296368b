# SPDX-License-Identifier: GPL-2.0-only
# The commands themselves, and what is done when gdb reads this.


class Command(gdb.Command):
    """A subcommand of pg; its help is its function's."""

    def __init__(self, name, function, complete=None):
        self.__doc__ = function.__doc__
        self.function = function
        if complete:
            self.complete = complete
        super().__init__("pg " + name, gdb.COMMAND_DATA)

    def invoke(self, argument, _):
        self.function(argument.strip())


class Prefix(gdb.Command):
    """Commands for paraguest: pg check, next-call, state, memory, exits."""

    def __init__(self):
        super().__init__("pg", gdb.COMMAND_DATA, prefix=True)


Prefix()
Command("check", check, complete_check)
Command("next-call", next_call)
Command("state", state)
Command("memory", memory)
Command("exits", exits)
gdb.printing.register_pretty_printer(None, make_printers(), replace=True)
