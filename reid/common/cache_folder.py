"""The cache folder, for results that can be recomputed."""

from pathlib import Path

from platformdirs import user_cache_path


def cache_folder(kind: str) -> Path:
    """`mtmc/KIND` in the user's cache folder, which may not exist and may be deleted at any time.

    `$XDG_CACHE_HOME`, an absolute path, takes precedence over `~/.cache` or its equivalent on other systems.
    """
    return user_cache_path("mtmc", appauthor=False) / kind
