"""`python -m mtmc COMMAND`: each command is a module of `mtmc.commands`."""

from mtmc.commands import COMMANDS
from reid.common.command_line import dispatch
from reid.common.errors import run


def main(arguments: list[str] | None = None) -> None:
    """Run the command that `arguments` name; raises `InputError` for what the user gave wrong."""
    dispatch("mtmc", COMMANDS, "People tracking on one's own recordings and cameras.", arguments)


def program() -> None:
    """The console script."""
    run(main)


if __name__ == "__main__":
    program()
