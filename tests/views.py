"""One view of a recording by the camera's name, and a recording with other images in one."""

from collections.abc import Iterable
from dataclasses import replace

from mtmc.sequences import Recording, View


def view(recording: Recording, name: str) -> View:
    """The view of the camera with that name."""
    return recording.views[recording.names.index(name)]


def with_images(recording: Recording, name: str, images: Iterable | None) -> Recording:
    """The recording with other images in that view."""
    return replace(
        recording, views=tuple(replace(each, images=images) if each.name == name else each for each in recording.views)
    )
