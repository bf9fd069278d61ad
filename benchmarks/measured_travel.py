"""Travel times measured in advance, from the ground truth of another recording."""

from benchmarks.scores.world import world_people
from mtmc.linking.linker import WINDOW, Tracklet
from mtmc.linking.tracklets import follow_apart, gather
from mtmc.linking.travel_times import TravelTimes
from mtmc.linking.zones import Zones
from mtmc.sequences import Recording


def measured_travel(recording: Recording, radius: float) -> tuple[Zones, TravelTimes]:
    """The zones of `recording`, and the times that its people were out of view between them, up to `WINDOW` seconds.

    `world_people` gives a tracklet's person, with `radius` in metres; no images are read. Raises `InputError` without ground
    truth.
    """
    zones, travel, tracks = Zones(), TravelTimes(), list(follow_apart(recording))
    people = world_people(recording.require_world_truth(), tracks, radius)
    tracklets = [item for ended in gather(recording, tracks, None, zones) for item in ended.tracklets.items()]
    last: dict[int, Tracklet] = {}
    for track, tracklet in sorted(tracklets, key=lambda item: item[1].start):
        if track in people:
            before, last[people[track]] = last.get(people[track]), tracklet
            if before is not None and 0 < tracklet.start - before.end <= WINDOW:
                travel.learn(before.exit_zone, tracklet.entry_zone, tracklet.start - before.end)
    return zones, travel
