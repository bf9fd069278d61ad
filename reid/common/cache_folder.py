"""Where what can be computed again is kept between runs."""

from pathlib import Path

from platformdirs import user_cache_path


def cache_folder(kind: str) -> Path:
    """`mtmc/KIND` in the user's cache folder, which may not exist yet and may be deleted at any time.

    `$XDG_CACHE_HOME`, an absolute path, goes before `~/.cache`, or before what takes its place on other systems than Linux.
    """
    return user_cache_path("mtmc", appauthor=False) / kind
