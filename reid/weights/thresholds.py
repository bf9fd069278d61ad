"""The distance thresholds of a network: fitted to it, stored with it, and passed as one object."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Their keys in files: the metadata of weights, and the YAML beside an external network.
KEYS = {"max_cosine_distance": "image", "max_set_distance": "set", "max_link_distance": "link"}

LARGEST = 2  # cosine distance, of opposite rows


@dataclass(frozen=True)
class Thresholds:
    """The largest cosine distances of a match; None if not fitted.

    `image` is for two images, `set` for several views and a person with images from any camera, and `link` for several views and
    a person with images from other cameras only (`reid.sets`).
    """

    image: float | None = None
    set: float | None = None
    link: float | None = None

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "Thresholds":
        """The thresholds in a file's `fields`, which may have other keys too. Raises ValueError, naming the key, for what is not
        a cosine distance."""
        fitted = {}
        for key, name in KEYS.items():
            if fields.get(key) is not None:
                try:
                    fitted[name] = float(fields[key])
                except (TypeError, ValueError, OverflowError):
                    raise ValueError(f"{key} must be a number, not {fields[key]!r}") from None
                if not 0 <= fitted[name] <= LARGEST:
                    raise ValueError(f"{key} must be a cosine distance, 0 to {LARGEST}, not {fields[key]!r}")
        return cls(**fitted)

    def fields(self) -> dict[str, float]:
        """The fitted thresholds, by their keys in files."""
        return {key: getattr(self, name) for key, name in KEYS.items() if getattr(self, name) is not None}
