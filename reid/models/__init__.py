"""The networks. Importing this package registers all of them."""

from reid.models import bnneck, hacnn, robust  # noqa: F401
from reid.models.registry import Head, Network, available, build, choices, options, register

__all__ = ["Head", "Network", "available", "build", "choices", "options", "register"]
