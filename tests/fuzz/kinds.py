"""Every kind of file that the commands read, by name."""

from fuzz import networks, recordings

KINDS = {kind.name: kind for kind in (*recordings.KINDS, *networks.KINDS)}
