"""`python -m reid COMMAND`: each command is a module of `reid.commands`."""

import argparse
import importlib

from reid.commands import COMMANDS
from reid.errors import run


def main() -> None:
    """Read the command line and run the command that it names."""
    parser = argparse.ArgumentParser("python -m reid", description="Person re-identification: train, measure and use networks.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"reid.commands.{name}")
        sentence = module.__doc__.strip().splitlines()[0]
        command = commands.add_parser(name, help=sentence, description=module.__doc__)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    run(main)
