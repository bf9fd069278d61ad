"""`python -m mtmc COMMAND`: each command is a module of `mtmc.commands`."""

from mtmc.commands import COMMANDS
from reid.common.command_line import dispatch
from reid.common.errors import run_program


def main(arguments: list[str] | None = None) -> None:
    """Run the command that `arguments` name; raises `InputError` for invalid user input."""
    dispatch("mtmc", COMMANDS, "Track people in your own recordings and live cameras.", arguments)


def program() -> None:
    """Entry point of the console script."""
    run_program(main)


if __name__ == "__main__":
    program()
