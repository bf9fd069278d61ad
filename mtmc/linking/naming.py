"""The tracklets of cameras that share no view are named: as they come, or when all are there."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from mtmc.ground.tracks import GroundTracks
from mtmc.linking.camera_means import CameraMeans
from mtmc.linking.linker import Linker, link_offline
from mtmc.linking.tracklets import Ended
from mtmc.linking.travel_times import TravelTimes


def name_online(ended: Iterable[Ended], linker: Linker) -> dict[int, int]:
    """The people, from 1 on, of the tracks whose tracklets `linker` takes as they have `ended`."""
    means, order = CameraMeans(), []
    names: dict[int, int] = {}
    for moment in ended:
        tracklets = []
        for track, tracklet in moment.tracklets.items():
            means.learn(tracklet.camera, tracklet.views)
            tracklets.append(replace(tracklet, views=means.align(tracklet.camera, tracklet.views)))
            order.append(track)
        names |= linker.update(moment.time, tracklets)
    names |= linker.close()
    return {order[number]: person for number, person in names.items()}


def name_offline(ended: Iterable[Ended], max_distance: float, travel: TravelTimes | None = None) -> dict[int, int]:
    """The people, from 1 on, of the tracks of a whole recording, as `link_offline` finds them."""
    found = {track: tracklet for moment in ended for track, tracklet in moment.tracklets.items()}
    means = CameraMeans()
    for tracklet in found.values():
        means.learn(tracklet.camera, tracklet.views)
    aligned = [replace(tracklet, views=means.align(tracklet.camera, tracklet.views)) for tracklet in found.values()]
    return dict(zip(found, link_offline(aligned, max_distance, travel).tolist(), strict=True))


def rename(tracks: Iterable[GroundTracks], names: dict[int, int]) -> list[GroundTracks]:
    """The `tracks`, an entry a frame, with people's numbers as ids; a track that `names` does not have is somebody of its own."""
    names, found = dict(names), []
    free = max(names.values(), default=0)
    for moment in tracks:
        for track in moment.ids.tolist():
            if track not in names:
                free += 1
                names[track] = free
        found.append(replace(moment, ids=np.array([names[track] for track in moment.ids.tolist()], np.int64)))
    return found
