"""Real calibrated views of the same people: the better a box tells where somebody stands, the closer the views agree."""

from itertools import combinations

import cv2
import numpy as np
import pytest

from mtmc import open_detector, open_recording

EVERY = 20  # frames


@pytest.fixture(scope="module")
def seen(real_data):
    """Cameras, and for each of some moments the boxes `(N, 4)` of each view."""
    folder = real_data / "mtmc" / "UFES_4cam"
    detector = open_detector(str(real_data / "weights" / "yolox_nano.onnx"), 0.4)
    views = open_recording(folder / "calibration.yaml").views
    films = [cv2.VideoCapture(str(folder / f"{view.name}.mp4")) for view in views]
    moments = []
    for frame in range(200):
        grabbed = [film.grab() for film in films]
        if frame % EVERY == 0 and all(grabbed):
            moments.append([detector(film.retrieve()[1]).boxes for film in films])
    return [view.camera for view in views], moments


def disagreement(cameras, moments, place):
    """The median distance between two views' places of one person: those nearest to each other, within 0.8 m."""
    distances = []
    for boxes in moments:
        places = [place(camera, part) for camera, part in zip(cameras, boxes, strict=True)]
        for one, other in combinations(places, 2):
            apart = np.nan_to_num(np.linalg.norm(one[:, None] - other, axis=2), nan=np.inf)
            if apart.size:
                mutual = (apart == apart.min(axis=1, keepdims=True)) & (apart == apart.min(axis=0)) & (apart < 0.8)
                distances += apart[mutual].tolist()
    assert len(distances) > 50
    return np.median(distances)


def lower_edge(camera, boxes):
    return camera.to_ground(np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]]))


def test_four_views_agree_better_on_people_than_on_the_lower_edges_of_their_boxes(seen):
    located = disagreement(*seen, lambda camera, boxes: camera.locate(boxes, 1.0)[0])
    edges = disagreement(*seen, lower_edge)
    print(f"{located:.3f} m apart, {edges:.3f} m by the lower edges")
    assert located < 0.2 and located < 0.75 * edges, f"{located:.3f} m, {edges:.3f} m by the lower edges"
