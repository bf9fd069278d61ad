"""The commands of `python -m mtmc`, one a module.

Each has a docstring, which is its help, `add_arguments(parser)` and `run(options)`. Help must come at once, so a command module
imports what is heavy only when it runs.
"""

COMMANDS = ["track", "room", "link", "calibrate"]
