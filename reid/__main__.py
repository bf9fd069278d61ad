"""`python -m reid COMMAND`: each command is a module of `reid.commands`."""

from reid.commands import COMMANDS
from reid.common.command_line import dispatch
from reid.common.errors import run_program


def main() -> None:
    """Run the command named by the process arguments; raises `InputError` for invalid user input."""
    dispatch("reid", COMMANDS, "Person re-identification: train, measure and use networks.")


def program() -> None:
    """Entry point of the console script."""
    run_program(main)


if __name__ == "__main__":
    program()
