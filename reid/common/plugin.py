"""Objects of a user's own package, by the name `module:attribute` that a command line takes."""

import importlib
import re
import sys
from pathlib import Path

from reid.common.errors import InputError

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def is_plugin(name: str) -> bool:
    """Whether `name` has the form `module:attribute`, as `mypackage.detectors:Detector` does."""
    return _NAME.fullmatch(name) is not None


def open_plugin(name: str) -> object:
    """What `name` names: an instance, made without arguments, where that is a class, else the object itself.

    Raises as `find_plugin` does; what the class itself raises is the user's own and passes.
    """
    found = find_plugin(name)
    return found() if isinstance(found, type) else found


def find_plugin(name: str) -> object:
    """The attribute of a module, `module:attribute`; modules are also looked for in the current directory.

    Raises `InputError` where there is no such module or attribute. An error within the module passes as it is.
    """
    module_name, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:  # a console script does not look where the user stands
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # a module that the user's own imports
        raise InputError(f"{name}: no module {error.name} in the current directory or among the installed packages") from None
    try:
        return getattr(module, attribute)
    except AttributeError:
        there = ", ".join(each for each in vars(module) if not each.startswith("_")) or "nothing"
        raise InputError(f"{name}: {module_name} has no {attribute}; it has {there}") from None
