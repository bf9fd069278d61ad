"""The commands of `python -m mtmc`, one per module.

Each module has a docstring, which is its help text, `add_arguments(parser)` and `run(options)`. Help must appear at once, so a
command imports heavy packages only when it runs.
"""

COMMANDS = ["track", "room", "link", "calibrate", "scorer"]
