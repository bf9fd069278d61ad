"""A program of several commands, each a module with `add_arguments(parser)`, `run(options)` and a docstring as its help text."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

CODES = "exit codes: 0 done, 2 invalid input, 3 done, but with less input than announced, 130 Ctrl-C, 143 SIGTERM"


def dispatch(package: str, commands: Sequence[str], description: str, arguments: list[str] | None = None) -> None:
    """Run the command named by `arguments` (None: those of the process), one of `commands` in `PACKAGE.commands`.

    Raises `InputError` for invalid user input. Exits with code 2 for an unknown argument, and without a command, which prints the
    help.
    """
    installed = Path(sys.argv[0]).name == package  # as a program, not as a module
    prog = package if installed else f"python -m {package}"
    parser = argparse.ArgumentParser(prog=prog, description=description, epilog=CODES)
    parser.add_argument("--version", action="version", version=f"mtmc {version('mtmc')}")
    choices = parser.add_subparsers(metavar="COMMAND")
    for name in commands:
        module = importlib.import_module(f"{package}.commands.{name}")
        sentence = (module.__doc__ or "").strip().partition("\n")[0]
        command = choices.add_parser(name, help=sentence, description=module.__doc__)
        module.add_arguments(command)
        command.set_defaults(run=module.run, command=name)
    options, rest = parser.parse_known_args(arguments)
    if not hasattr(options, "run") and not rest:
        parser.print_help(sys.stderr)
        parser.exit(2)
    # Changes to a recipe may also follow the options, where argparse does not accept them.
    if rest and hasattr(options, "changes") and all("=" in word and not word.startswith("-") for word in rest):
        options.changes, rest = [*options.changes, *rest], []
    if rest:
        wrong = choices.choices[options.command] if hasattr(options, "command") else parser
        wrong.error(f"unrecognized arguments: {' '.join(rest)}")
    options.run(options)
