"""Published recordings of several cameras, small: a folder in the layout of each."""

import json

import cv2
import numpy as np
from conftest import walking_image
from scipy.io import savemat

from mtmc.calibration import Camera

SIZE = (640, 480)


def corners():
    return {
        "west": Camera.look_at((-4, -3, 2.8), (0, 0, 0.5), 500, SIZE),
        "east": Camera.look_at((4, 3, 2.5), (0, 0, 0.5), 480, SIZE),
    }


def write_epfl(folder, homographies="files", rows=('0 10 20 50 120 0 0 0 0 "PERSON"', '1 100 30 140 130 1 0 1 0 "PERSON"')):
    folder.mkdir(exist_ok=True)
    matrix = "0.176138 0.647589 -63.412272\n-0.180912 0.622446 -0.125533\n-0.000002 0.001756 0.102316\n"
    for camera in range(2):
        lost = f'2 0 0 10 10 {camera} 1 0 0 "PERSON"'
        (folder / f"lab6-c{camera}.gt.txt").write_text("\n".join([*rows, lost]) + "\n")
        if homographies == "files":
            (folder / f"lab6-c{camera}.Homography.txt").write_text(matrix)
    if homographies == "one":
        rule = "#" * 20
        blocks = (
            f"{rule}\n# Camera {n}\n{rule}\n# Ground plane homography\n{matrix}# Head plane height\n0.5\n" for n in range(2)
        )
        (folder / "calibration-lab6.txt").write_text("".join(blocks))
    return folder


def write_wildtrack(folder, unit=100.0):
    for below in ("calibrations/extrinsic", "calibrations/intrinsic_zero", "annotations_positions", "Image_subsets/C1"):
        (folder / below).mkdir(parents=True)
    matrix = "<rows>{}</rows><cols>{}</cols><dt>d</dt><data>{}</data>"
    for name, camera in zip(("CVLab1", "IDIAP1"), corners().values(), strict=True):
        motion = camera.world_to_camera
        rotation, shift = cv2.Rodrigues(motion[:3, :3])[0].ravel(), unit * motion[:3, 3]
        vectors = f"<rvec>{' '.join(map(repr, rotation.tolist()))}</rvec><tvec>{' '.join(map(repr, shift.tolist()))}</tvec>"
        text = '<?xml version="1.0"?><opencv_storage>{}</opencv_storage>'
        (folder / f"calibrations/extrinsic/extr_{name}.xml").write_text(text.format(vectors))
        inner = matrix.format(3, 3, " ".join(map(str, camera.matrix.ravel())))
        inner = f'<camera_matrix type_id="opencv-matrix">{inner}</camera_matrix>'
        inner += f'<distortion_coefficients type_id="opencv-matrix">{matrix.format(5, 1, "0 0 0 0 0")}</distortion_coefficients>'
        (folder / f"calibrations/intrinsic_zero/intr_{name}.xml").write_text(text.format(inner))
    unseen = {"xmin": -1, "ymin": -1, "xmax": -1, "ymax": -1}
    for number in (0, 5):
        seen = {"viewNum": 0, "xmin": 100 + number, "ymin": 50, "xmax": 140 + number, "ymax": 200}
        people = [{"personID": 7, "positionID": 480 * 360 + 120, "views": [seen, {"viewNum": 1, **unseen}]}]
        (folder / f"annotations_positions/{number:08d}.json").write_text(json.dumps(people))
        cv2.imwrite(str(folder / f"Image_subsets/C1/{number:08d}.png"), walking_image(number))
    return folder


def write_cmc(folder):
    for below in ("calibration", "det", "gt"):
        (folder / below).mkdir(parents=True)
    for number, camera in enumerate(corners().values(), 1):
        np.savetxt(folder / f"calibration/cam{number}_P.txt", -camera.matrix @ camera.world_to_camera[:3])
        (folder / f"det/CMC9_Cam{number}.txt").write_text("2 -1 10 20 30 100 -1 -1 -1 -1\n1 -1 1.5e+01 20 30 100 -1 -1 -1 -1\n")
        boxes = np.array([[10, 20, 40, 120, 0.8], [12, 20, 42, 120, 0.7]], np.float32)
        np.savez(
            folder / f"det/fairmot_cam{number}.npz", frame=[2, 1], xyxy_score=boxes, embedding=2 * np.eye(2, dtype=np.float16)
        )
    (folder / "gt/world_centroid.txt").write_text(
        "3 1 -1 -1 -1 -1 -1 1.0 2.0 0.8 0.5 0.5 0.8\n1 1 -1 -1 -1 -1 -1 0.5 2.0 0.8 1 1 1\n"
    )
    return folder


def write_campus(folder):
    views = {}
    for name, camera in zip(("HC1", "IP2"), corners().values(), strict=True):
        inner = 0.5 * camera.matrix
        inner[2, 2] = 1.0
        centre = inner[:2, 2].copy()
        inner[:2, 2] = 0.0
        rotation = camera.world_to_camera[:3, :3]
        views[f"view_{name}"] = {"K": inner, "R": rotation, "T": camera.position[:, None], "center": centre, "scale": 0.5}
        (folder / f"view-{name}.txt").write_text('0 10 20 50 120 0 0 0 0 "human"\n')
    savemat(folder / "cam_param.mat", views)
    return folder
