"""Assign people to the tracklets of non-overlapping cameras, online or offline."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from mtmc.ground.tracks import GroundTracks
from mtmc.linking.camera_means import CameraMeans
from mtmc.linking.linker import Linker, link_offline
from mtmc.linking.tracklets import Ended
from mtmc.linking.travel_times import TravelTimes


def name_online(ended: Iterable[Ended], linker: Linker) -> dict[int, int]:
    """The people, from 1, of the tracks, with the `ended` tracklets passed to `linker` as they come."""
    means, order = CameraMeans(), []
    names: dict[int, int] = {}
    for moment in ended:
        tracklets = []
        for track, tracklet in moment.tracklets.items():
            means.learn(tracklet.camera, tracklet.embeddings)
            tracklets.append(replace(tracklet, embeddings=means.align(tracklet.camera, tracklet.embeddings)))
            order.append(track)
        names |= linker.update(moment.time, tracklets)
    names |= linker.close()
    return {order[number]: person for number, person in names.items()}


def name_offline(ended: Iterable[Ended], max_distance: float, travel: TravelTimes | None = None) -> dict[int, int]:
    """The people, from 1, of the tracks of a whole recording, from `link_offline`."""
    found = {track: tracklet for moment in ended for track, tracklet in moment.tracklets.items()}
    means = CameraMeans()
    for tracklet in found.values():
        means.learn(tracklet.camera, tracklet.embeddings)
    aligned = [replace(tracklet, embeddings=means.align(tracklet.camera, tracklet.embeddings)) for tracklet in found.values()]
    return dict(zip(found, link_offline(aligned, max_distance, travel).tolist(), strict=True))


def rename(tracks: Iterable[GroundTracks], names: dict[int, int]) -> list[GroundTracks]:
    """The `tracks`, one entry per frame, with people's numbers as ids; a track missing from `names` is a person of its own."""
    names, found = dict(names), []
    free = max(names.values(), default=0)
    for moment in tracks:
        for track in moment.ids.tolist():
            if track not in names:
                free += 1
                names[track] = free
        found.append(replace(moment, ids=np.array([names[track] for track in moment.ids.tolist()], np.int64)))
    return found
