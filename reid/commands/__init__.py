"""The commands of `python -m reid`, one per module.

Each module has a docstring, which is its help text, `add_arguments(parser)` and `run(options)`. Help must appear at once, so a
command imports heavy packages only when it runs.
"""

COMMANDS = ["train", "evaluate", "rank", "check", "threshold", "extract", "export", "blend", "cut", "parse", "models", "datasets"]
