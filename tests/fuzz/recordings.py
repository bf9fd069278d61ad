"""The kinds of files of a recording: boxes, truths, calibrations, pictures and videos."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from conftest import FRAMES, SIZE, walking_box, walking_image
from published import corners, write_campus, write_cmc, write_epfl, write_wildtrack

import benchmarks.mot16
import configs
from fuzz.kind import Kind
from mtmc.__main__ import main
from mtmc.calibration import HomographyCamera, save_cameras
from mtmc.identity.gallery import Gallery
from mtmc.sequences.mot_text import read_tracks

PEOPLE = np.array([[-0.8, -0.3, 0.0], [0.7, 0.5, 0.0]])


def write_walk(folder: Path, suffix: str = "") -> None:
    """A sequence in MOTChallenge's layout, with pictures of that suffix or a video (".mp4") if one is given."""
    rows = [(frame, person, ",".join(map(str, walking_box(person, frame)))) for frame in range(FRAMES) for person in range(2)]
    sequence = folder / "data" / "walk"
    for below in ("det", "gt", "img1"):
        (sequence / below).mkdir(parents=True)
    (sequence / "det/det.txt").write_text("".join(f"{frame + 1},-1,{box},0.9,-1,-1,-1\n" for frame, _, box in rows))
    (sequence / "gt/gt.txt").write_text("".join(f"{frame + 1},{person + 1},{box},1,1,1.0\n" for frame, person, box in rows))
    (sequence / "tracks.txt").write_text("".join(f"{frame + 1},{person + 1},{box},1,-1,-1,-1\n" for frame, person, box in rows))
    info = f"seqLength={FRAMES}\nimWidth={SIZE[0]}\nimHeight={SIZE[1]}\n" if suffix != ".mp4" else ""
    (sequence / "seqinfo.ini").write_text(f"[Sequence]\nname=walk\nframeRate=10\n{info}")
    (folder / "tracker.yaml").write_text("tracker: deepsort\n" + configs.path("trackers", "deepsort").read_text())
    if suffix == ".mp4":
        writer = cv2.VideoWriter(str(sequence / "walk.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 10, SIZE)
        for frame in range(FRAMES):
            writer.write(walking_image(frame))
        writer.release()
    for frame in range(FRAMES if suffix in (".png", ".jpg") else 0):
        cv2.imwrite(str(sequence / f"img1/{frame + 1:06d}{suffix}"), walking_image(frame))


def track(folder: Path, *more: str) -> None:
    """`mtmc track` without appearance."""
    words = [str(folder / "data/walk"), "--detections", "det.txt", "--reid", "none", "--output", str(folder / "out"), *more]
    main(["track", *words])


def benchmark(folder: Path) -> None:
    """`benchmarks.mot16` without appearance."""
    benchmarks.mot16.main(["--data", str(folder / "data"), "--reid", "none", "--output", str(folder / "out")])


def write_room(folder: Path, by_homography: bool = False) -> None:
    """Two cameras that see two people for ten frames, with embeddings and truths."""
    cameras = corners()
    ground = {name: HomographyCamera(np.linalg.inv(each.matrix @ each.world_to_camera[:3, [0, 1, 3]]), (640, 480), "m")
              for name, each in cameras.items()}  # fmt: skip
    save_cameras(folder / "cameras.yaml", ground if by_homography else cameras)
    (folder / "seqinfo.ini").write_text("[Sequence]\nname=room\nframeRate=10\nseqLength=10\n")
    (folder / "ground.yaml").write_text(configs.path("rooms", "ground").read_text())
    for below in ("det", "gt"):
        (folder / below).mkdir()
    places = [np.add(PEOPLE, (0.05 * frame, 0, 0)) for frame in range(10)]
    world = [
        f"{frame + 1},{person + 1},{x:.3f},{y:.3f}\n" for frame in range(10) for person, (x, y, _) in enumerate(places[frame])
    ]
    (folder / "gt.txt").write_text("".join(world))
    for name, camera in cameras.items():
        rows = []
        for frame, feet in enumerate(places):
            low, high = camera.project(feet), camera.project(np.add(feet, (0, 0, 1.7)))
            rows += [
                f"{frame + 1},{person + 1},{x - 0.2 * (v - top):.1f},{top:.1f},{0.4 * (v - top):.1f},{v - top:.1f},1"
                for person, ((x, v), (_, top)) in enumerate(zip(low, high, strict=True))
            ]
        (folder / f"det/{name}.txt").write_text("".join(f"{row},-1,-1,-1\n" for row in rows))
        (folder / f"gt/{name}.txt").write_text("".join(f"{row},1,1.0\n" for row in rows))
        np.save(folder / f"det/{name}.npy", np.tile(np.eye(2, 4, dtype=np.float32), (10, 1)))


def room(folder: Path, *more: str) -> None:
    """`mtmc room` without appearance."""
    main(["room", str(folder), "--reid", "none", "--output", str(folder / "out"), *more])


def write_points(folder: Path) -> None:
    """Measured points of one camera, on the ground and above it, and those of another on the ground."""
    lines = ["u,v,x,y,z,camera"]
    spots = np.array([[x, y, z] for z in (0.0, 1.0, 1.8) for x, y in ((-1, -1), (1, -1), (-1, 1), (1, 1))])
    for name, camera in corners().items():
        points = spots if name == "west" else spots[:4]
        rows = zip(camera.project(points), points, strict=True)
        lines += [f"{u:.2f},{v:.2f},{x:g},{y:g},{z:g},{name}" for (u, v), (x, y, z) in rows]
    (folder / "points.csv").write_text("\n".join(lines) + "\n")


def calibrate(folder: Path) -> None:
    """`mtmc calibrate`."""
    size = ["--width", "640", "--height", "480"]
    main(["calibrate", "--points", str(folder / "points.csv"), *size, "--output", str(folder / "out.yaml")])


def write_gallery(folder: Path) -> None:
    """A gallery of two people, with crops of one."""
    gallery, rows = Gallery(4, network="none"), np.eye(4, dtype=np.float32)
    gallery.open(rows[:2], 1.0, "Ada", [walking_image(0), walking_image(1)])
    gallery.open(rows[2:], 2.0)
    gallery.save(folder / "people.npz")


def unpacked(write: Callable[[Path], object]) -> Callable[[Path], None]:
    """`write`, and its .npz files as folders of their arrays: the sums of the archive would find the damage before we do."""

    def both(folder: Path) -> None:
        write(folder)
        for archive in sorted(folder.rglob("*.npz")):
            zipfile.ZipFile(archive).extractall(archive.with_suffix(".arrays"))

    return both


def packed(read: Callable[[Path], object]) -> Callable[[Path], None]:
    """`read`, after the folders of `unpacked` have been made archives again."""

    def both(folder: Path) -> None:
        for arrays in sorted(folder.rglob("*.arrays")):
            with zipfile.ZipFile(arrays.with_suffix(".npz"), "w") as archive:
                for array in sorted(arrays.iterdir()):
                    archive.write(array, array.name)
        read(folder)

    return both


def consult(folder: Path) -> None:
    """What a run does with a gallery: compare, add, look at the crops, forget, save."""
    gallery = Gallery.load(folder / "people.npz", "none")
    rows = np.eye(4, dtype=np.float32)
    gallery.distances([rows[:1], rows[2:]])
    for person in gallery.people.tolist():
        gallery.crops(person)
        gallery.add(person, rows, 3.0)
    gallery.open(rows[:1], 4.0)
    gallery.expire(3.5)
    gallery.save(folder / "after.npz")


def _oracle(format_detections: str):
    return lambda folder: room(folder, "--detections", format_detections)


KINDS = [
    Kind("detections", write_walk, ("data/walk/det/det.txt",), track),
    Kind("seqinfo", write_walk, ("data/walk/seqinfo.ini",), track),
    Kind("truth", write_walk, ("data/walk/gt/gt.txt",), benchmark),
    Kind("results", write_walk, ("data/walk/tracks.txt",), lambda folder: read_tracks(folder / "data/walk/tracks.txt")),
    Kind("tracker", write_walk, ("tracker.yaml",), lambda folder: track(folder, "--config", str(folder / "tracker.yaml"))),
    Kind("png", lambda folder: write_walk(folder, ".png"), ("data/walk/img1/*",), lambda folder: track(folder, "--video"), False),
    Kind("jpg", lambda folder: write_walk(folder, ".jpg"), ("data/walk/img1/*",), lambda folder: track(folder, "--video"), False),
    Kind("video", lambda folder: write_walk(folder, ".mp4"), ("**/*.mp4",), lambda folder: track(folder, "--video"), False),
    Kind("cameras", write_room, ("cameras.yaml",), room),
    Kind("homographies", lambda folder: write_room(folder, True), ("cameras.yaml",), room),
    Kind("room detections", write_room, ("det/*.txt", "seqinfo.ini"), room),
    Kind("room truth", write_room, ("gt.txt", "gt/*.txt"), _oracle("gt-thinned")),
    Kind("room embeddings", write_room, ("det/*.npy",), room, False),
    Kind("ground", write_room, ("ground.yaml",), lambda folder: room(folder, "--config", str(folder / "ground.yaml"))),
    Kind("points", write_points, ("points.csv",), calibrate),
    Kind("gallery", write_gallery, ("people.npz",), consult, False),
    Kind("gallery arrays", unpacked(write_gallery), ("*.arrays/*",), packed(consult), False),
    Kind("cmc arrays", unpacked(write_cmc), ("det/*.arrays/*",), packed(room), False),
    Kind("epfl", lambda folder: write_epfl(folder), ("*.txt",), _oracle("gt")),
    Kind("epfl calibration", lambda folder: write_epfl(folder, "one"), ("calibration*.txt",), _oracle("gt")),
    Kind("wildtrack calibration", write_wildtrack, ("calibrations/*/*.xml",), _oracle("gt")),
    Kind("wildtrack annotations", write_wildtrack, ("annotations_positions/*.json",), _oracle("gt")),
    Kind("cmc texts", write_cmc, ("**/*.txt",), _oracle("fasterrcnn")),
    Kind("cmc archives", write_cmc, ("det/*.npz",), room, False),
    Kind("campus texts", write_campus, ("*.txt",), _oracle("gt")),
    Kind("campus calibration", write_campus, ("cam_param.mat",), _oracle("gt"), False),
]
