"""The distances at which two people count as one: fitted to a network, stored with it, and handed on as one object."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What files call them: the metadata of weights, and the YAML beside a network from elsewhere.
KEYS = {"max_cosine_distance": "image", "max_set_distance": "set", "max_link_distance": "link"}


@dataclass(frozen=True)
class Thresholds:
    """The largest cosine distances at which two are one person; None where none was fitted.

    `image` is between two images, `set` between several views and a person known by images of any camera, and `link` between
    several views and a person known by other cameras alone (`reid.sets`).
    """

    image: float | None = None
    set: float | None = None
    link: float | None = None

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "Thresholds":
        """Those that a file's `fields` name, which may have other keys too. Raises ValueError, naming the key, for no number."""
        fitted = {}
        for key, name in KEYS.items():
            if fields.get(key) is not None:
                try:
                    fitted[name] = float(fields[key])
                except (TypeError, ValueError):
                    raise ValueError(f"{key} must be a number, not {fields[key]!r}") from None
        return cls(**fitted)

    def fields(self) -> dict[str, float]:
        """Those that were fitted, under a file's keys."""
        return {key: getattr(self, name) for key, name in KEYS.items() if getattr(self, name) is not None}
