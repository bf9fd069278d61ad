"""The networks. Importing this package registers all of them."""

from reid.models import hacnn, robust  # noqa: F401
from reid.models.registry import available, build, describe, register

__all__ = ["available", "build", "describe", "register"]
