"""`python -m mtmc COMMAND`: each command is a module of `mtmc.commands`."""

import argparse
import importlib

from mtmc.commands import COMMANDS
from reid.errors import run


def main(arguments: list[str] | None = None) -> None:
    """Run the command that `arguments` name; raises `InputError` for what the user gave wrong."""
    parser = argparse.ArgumentParser(prog="python -m mtmc", description="People tracking on one's own recordings and cameras.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"mtmc.commands.{name}")
        sentence = module.__doc__.strip().splitlines()[0]
        command = commands.add_parser(name, help=sentence, description=module.__doc__)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    options.run(options)


if __name__ == "__main__":
    run(main)
