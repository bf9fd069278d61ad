"""What registers a camera on the ground: boxes as exact as a person's, whatever else a detector finds."""

import numpy as np
import pytest

from mtmc.calibration import Camera, HomographyCamera
from mtmc.ground.observations import observe
from mtmc.ground.tracker import GroundTracker
from trackers import Detections

SIZE = (640, 480)
CAMERAS = [Camera.look_at((x, y, 2.6), (0, 0, 0.5), 490, SIZE) for x, y in ((-4, -3), (4, 3), (4, -3))]


def registered(height: float) -> tuple[np.ndarray, float]:
    """The offsets `(3, 2)` learned, metres, and the people's greatest distance from where they are, after fifteen seconds.

    Three people walk in a circle under cameras of which the ground alone is calibrated. The first of them finds something of that
    `height`, in pixels, half a metre beside each of them in turn; 0 for nothing.
    """
    rng = np.random.default_rng(0)
    ground = [HomographyCamera(np.linalg.inv(each.matrix @ each.world_to_camera[:3, [0, 1, 3]]), SIZE, "m") for each in CAMERAS]
    tracker, apart = GroundTracker(ground), []
    for frame in range(150):
        angles = frame / 40 + 2.1 * np.arange(3)
        people = 1.3 * np.column_stack([np.cos(angles), np.sin(angles)])
        found = []
        for number, camera in enumerate(CAMERAS):
            feet, tops = camera.to_image(people), camera.project(np.column_stack([people, np.full(3, 1.7)]))
            tall = feet[:, 1] - tops[:, 1]
            feet = feet + rng.normal(0, 0.02, (3, 2)) * tall[:, None]
            if height and number == 0:
                feet = np.vstack([feet, feet[frame % 3] + (0, 60) + rng.normal(0, 20, 2)])
                tall = np.append(tall, height)
            boxes = np.column_stack([feet[:, 0] - 0.2 * tall, feet[:, 1] - tall, feet[:, 0] + 0.2 * tall, feet[:, 1]])
            found.append(Detections(boxes, np.ones(len(boxes))))
        tracks = tracker.update(observe(ground, found), frame / 10)
        if frame > 50:
            apart.append(np.linalg.norm(people[:, None] - tracks.positions, axis=2).min(axis=1).max())
    return tracker._camera_offsets.offsets(np.arange(3), np.zeros((3, 2)))[0], max(apart)


@pytest.mark.parametrize("height", [0, 3, 1e-8])
def test_boxes_too_small_for_people_bend_no_camera(height):
    offsets, apart = registered(height)
    assert np.abs(offsets).max() < 0.05 and apart < 0.16
