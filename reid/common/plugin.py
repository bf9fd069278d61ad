"""Objects from the user's own package, named `module:attribute` on the command line."""

import importlib
import inspect
import re
import sys
from pathlib import Path

from reid.common.errors import InputError, named

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def is_plugin(name: str) -> bool:
    """Whether `name` has the form `module:attribute`, such as `mypackage.detectors:Detector`."""
    return _NAME.fullmatch(name) is not None


def open_plugin(name: str) -> object:
    """Open the object called `name`; a class is instantiated without arguments.

    Raises as `find_plugin` and, for a class, as `require_defaults` do, and `InputError` where the class fails.
    """
    found = find_plugin(name)
    if not isinstance(found, type):
        return found
    require_defaults(name, found)
    try:
        return found()
    except Exception as error:
        raise named(name, found.__name__, error) from error


def require_defaults(name: str, kind: type) -> None:
    """Raise `InputError`, naming `name`, for a class without all methods of its base, or with arguments without defaults."""
    if missing := sorted(getattr(kind, "__abstractmethods__", ())):
        raise InputError(f"{name}: must define {', '.join(missing)}, as its base class asks")
    try:
        inspect.signature(kind).bind()
    except TypeError as error:
        raise InputError(f"{name}: {error}; give each argument of its __init__ a default") from None
    except ValueError:  # a class written in C tells no signature
        return


def find_plugin(name: str) -> object:
    """The attribute of a module, `module:attribute`; modules are also searched in the current directory.

    Raises `InputError` for an unknown module or attribute, and for a module that fails.
    """
    module_name, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:  # a console script does not search the current directory
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{module_name}.".startswith(f"{error.name}."):
            missing = f"no module {error.name} in the current directory or among the installed packages"
            raise InputError(f"{name}: {missing}") from None
        raise named(name, f"importing {module_name}", error) from error
    try:
        return getattr(module, attribute)
    except AttributeError:
        there = ", ".join(each for each, value in vars(module).items() if _own(each, value, module_name)) or "nothing"
        raise InputError(f"{name}: {module_name} has no {attribute}; choose from {there}") from None


def _own(name: str, value: object, module_name: str) -> bool:
    """Whether `value` is public in the module, and it or its class is defined there rather than imported from elsewhere."""
    defined = value if inspect.isclass(value) or inspect.isroutine(value) else type(value)
    return not name.startswith("_") and f"{defined.__module__}.".startswith(f"{module_name}.")
