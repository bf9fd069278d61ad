"""The generic folder of several cameras, to which any recording can be converted; `write_folder` converts those read here."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mtmc.calibration import Camera, CameraEntry, HomographyCamera, read_camera_file, save_cameras
from mtmc.sequences.alignment import Clock, TimedImages, by_moment, by_own_frame
from mtmc.sequences.mot_text import GroundTruth, detections_text, ground_text, ground_truth_text, read_ground_truth
from mtmc.sequences.readers.embeddings import read_embeddings
from mtmc.sequences.readers.images import find_images
from mtmc.sequences.readers.true_detections import true_detections
from mtmc.sequences.recording import Recording, View, WorldTruth
from mtmc.sequences.tables import detections_by_frame, read_table, world_truth
from reid.common.errors import EndedEarly, InputError
from reid.common.files import replacing
from reid.footage.bounds import check_length
from reid.footage.detection_text import DetectionFile, read_detections
from reid.footage.footage import read_info
from reid.footage.frames import CLOSE, VIDEOS, PictureFolder, Video
from trackers import Detections

SUPPLIED = "det"


def is_folder(folder: Path) -> bool:
    """Whether `folder` holds `cameras.yaml`."""
    return (folder / "cameras.yaml").is_file()


def read_folder(folder: Path, detections: str | None = None, seed: int = 0) -> Recording:
    """Read a folder with these files, where NAME is a camera's name; all but the first are optional:

    - `cameras.yaml`, the camera file (`mtmc.calibration.read_camera_file`); `folder` may also be the path of such a file. A
      camera with a `time_offset` or a frame rate of its own has its own frame numbers, also in its texts below; they are
      converted to those of the recording, which has the rate of the fastest camera. Pairing is by time, without drift.
    - `NAME.mp4` (or another video) or images in `NAME/`; a `video` in the camera file takes precedence.
    - `det/NAME.txt`, MOT text, 1-based frames, and `det/NAME.npy`, embeddings `(N, D)` of its N rows.
    - `gt.txt`, rows `frame,id,x,y`: the true ground positions, in the cameras' unit.
    - `gt/NAME.txt`, the true boxes in MOTChallenge's columns, with the same ids.
    - `seqinfo.ini` as MOTChallenge has it: `frameRate`, for use without a video (default 30), and `seqLength`.

    `detections` is "det" (the default), "gt" or, drawn with `seed`, "gt-thinned". A camera without `det/NAME.txt`, or whose
    images have ended, did not look; one with an empty text looked and saw nobody. The length is `seqLength`, else that of the
    longest image source, else the last frame in a text file. The header of a video only estimates its length: where a text
    or `seqLength` reaches beyond it, the frames are counted. Raises `InputError` for missing or malformed files, for streams of
    unknown length, for cameras with different ground units, and for a camera calibrated for another image size. An `EndedEarly`
    warning tells of fewer images than `seqLength` announces, and of detections left out since the images end before them.
    """
    path, folder = (folder, folder.parent) if folder.is_file() else (folder / "cameras.yaml", folder)
    entries = read_camera_file(path)
    units = {entry.camera.unit for entry in entries.values()}
    if len(units) > 1:
        raise InputError(f"{path}: the cameras measure the ground in {' and '.join(sorted(units))}; all must use one unit")
    info = read_info(folder / "seqinfo.ini")
    own = {name: _images(folder, name, entry) for name, entry in entries.items()}
    clocks = _clocks(entries, own, info.frame_rate)
    sizes = {name: entry.camera.image_size or getattr(own[name], "size", None) for name, entry in entries.items()}

    def read_supplied(path: Path, own_length: int | None) -> DetectionFile:
        return read_detections(path, own_length, image_size=sizes[path.stem])

    truth = _read_each(folder / "gt", list(entries), read_ground_truth)
    found = _read_each(folder / "det", list(entries), read_supplied) if detections in (None, SUPPLIED) else {}
    due = {name: 0 if info.length is None else clock.due(info.length) for name, clock in clocks.items()}
    own = {name: _counted(part, due[name], truth.get(name), found.get(name)) for name, part in own.items()}
    _compare(folder, own, due)
    images = {name: None if part is None else TimedImages(part, clocks[name], info.length) for name, part in own.items()}
    longest = max((part.length or 0 for part in images.values() if part is not None), default=0)
    length = info.length or longest or None
    _check_lengths(path, clocks, length)
    truth = _within(folder / "gt", truth, clocks, length, read_ground_truth)
    found = _within(folder / "det", found, clocks, length, read_supplied)
    world = _read_world(folder / "gt.txt") if (folder / "gt.txt").is_file() else None
    if length is None:
        texts = [*found.values(), *truth.values(), *([world] if world else [])]
        length = 1 + max((int(part.frames.max(initial=-1)) for part in texts), default=-1)
        _check_lengths(path, clocks, length)
        if not length and any(part is not None for part in images.values()):
            raise InputError(f"{path}: the streams have no known length; give it as seqLength in {folder / 'seqinfo.ini'}")
    by_frame: Sequence[list[Detections] | None]
    if detections in (None, SUPPLIED):
        embeddings = read_embeddings(folder / "det", found)
        by_frame = [_by_frame(found.get(name), embeddings.get(name), length) for name in entries]
    else:
        by_frame = _from_truth(folder, detections, entries, truth, length, seed)
    seen = [_looked(name, part, clocks[name], images[name], length) for name, part in zip(entries, by_frame, strict=True)]
    return Recording(
        name=folder.resolve().name,
        frame_rate=next(iter(clocks.values())).moment_rate,
        length=length,
        views=tuple(
            View(
                name,
                _sized(entry.camera, sizes[name]),
                of_view,
                images[name],
                truth.get(name),
                entry.time_offset,
                clocks[name].frame_rate,
            )
            for (name, entry), of_view in zip(entries.items(), seen, strict=True)
        ),
        detection_source=detections or SUPPLIED,
        world_truth=world,
        unit=units.pop(),
    )


def write_folder(folder: Path, recording: Recording) -> None:
    """Write `recording` as a folder for `read_folder`, without its images: add them, or name them in `cameras.yaml`.

    The frames of a view are numbered by its own clock, to match its images. Each file is written atomically; existing files are
    replaced.
    """
    entries = {view.name: CameraEntry(view.camera, None, view.time_offset, view.frame_rate) for view in recording.views}
    save_cameras(folder / "cameras.yaml", entries)
    info = f"[Sequence]\nname={recording.name}\nframeRate={recording.frame_rate:g}\nseqLength={recording.length}\n"
    _write(folder / "seqinfo.ini", info)
    for view in recording.views:
        clock = Clock(view.frame_rate or recording.frame_rate, recording.frame_rate, view.time_offset)
        if view.ground_truth is not None:
            _write(folder / "gt" / f"{view.name}.txt", ground_truth_text(by_own_frame(view.ground_truth, clock)))
        looked = [(moment, found) for moment, found in enumerate(view.detections) if found is not None]
        if not looked:
            continue
        moments, frames = zip(*looked, strict=True)
        numbers = np.repeat(clock.frames(np.array(moments)), [len(found) for found in frames])
        boxes, scores = np.concatenate([found.boxes for found in frames]), np.concatenate([found.scores for found in frames])
        _write(folder / "det" / f"{view.name}.txt", detections_text(numbers, boxes, scores))
        filled = [found for found in frames if len(found)]
        embeddings = [found.embeddings for found in filled if found.embeddings is not None]
        if filled and len(embeddings) == len(filled):
            with replacing(folder / "det" / f"{view.name}.npy") as temporary:
                np.save(temporary, np.concatenate(embeddings))
    if recording.world_truth is not None:
        world = recording.world_truth
        _write(folder / "gt.txt", ground_text(world.frames, world.ids, world.positions))


def _images(folder: Path, name: str, entry: CameraEntry) -> PictureFolder | Video | None:
    """The camera's images; their size must match the calibration."""
    if entry.video is None:
        images = find_images(folder, name)
    elif "://" in entry.video:
        images = Video(entry.video)
    else:
        path = Path(entry.video)
        video = Video(path) if path.is_file() and path.suffix.lower() in VIDEOS else None
        images = find_images(path.parent, path.name) if path.is_dir() else video
        if images is None:
            raise InputError(f"{path}: the video of camera {name} is neither a video file nor a folder of numbered images")
    if images is not None and entry.camera.image_size not in (None, images.size):
        told = "{}x{} pixels, but its images are {}x{}".format(*entry.camera.image_size, *images.size)
        raise InputError(f"{folder}: camera {name} is calibrated for {told}; calibrate it for these, or scale the images")
    return images


def _sized(camera: Camera | HomographyCamera, size: tuple[int, int] | None) -> Camera | HomographyCamera:
    """`camera` with the `size` of its images, if only these tell it: without, it would see ground that is in no image."""
    return replace(camera, image_size=size) if camera.image_size is None and size is not None and all(size) else camera


def _from_truth(
    folder: Path, source: str, entries: dict[str, CameraEntry], truth: dict[str, GroundTruth], length: int, seed: int
) -> list[list[Detections]]:
    if truth.keys() != entries.keys():
        raise InputError(f"{folder}: unknown detections {source}; choose {SUPPLIED}, or add gt/NAME.txt for gt and gt-thinned")
    sizes = [entry.camera.image_size for entry in entries.values()]
    return true_detections([truth[name] for name in entries], source, length, sizes, seed, folder)


def _clocks(
    entries: dict[str, CameraEntry], images: dict[str, PictureFolder | Video | None], frame_rate: float | None
) -> dict[str, Clock]:
    """When each camera looks. `frame_rate` is that of `seqinfo.ini`, which takes precedence over what the images say."""
    told = {name: None if part is None else part.frame_rate for name, part in images.items()}
    own = {name: entry.frame_rate or frame_rate or told[name] for name, entry in entries.items()}
    fastest = max((rate for rate in own.values() if rate), default=30.0)
    return {name: Clock(own[name] or fastest, fastest, entry.time_offset) for name, entry in entries.items()}


def _read_each(folder: Path, names: list[str], read: Callable) -> dict:
    """Apply `read` to `folder/NAME.txt` of the cameras `names` that have one, in the camera's own frames, however many."""
    if folder.is_dir() and (strange := sorted(path.name for path in folder.glob("*.txt") if path.stem not in names)):
        raise InputError(f"{folder / strange[0]}: no such camera; rename it to one of {', '.join(names)}")
    return {name: read(path, None) for name in names if (path := folder / f"{name}.txt").is_file()}


def _counted(
    images: PictureFolder | Video | None, due: int, *texts: GroundTruth | DetectionFile | None
) -> PictureFolder | Video | None:
    """`images`, a video with the number of its frames that decode if its header says less than is `due` or in the `texts`."""
    needed = max([due - CLOSE, *(1 + int(text.frames.max(initial=-1)) for text in texts if text is not None)])
    if isinstance(images, Video) and images.length is not None and needed > images.length and images.estimated:
        return Video(images.source, images.count())
    return images


def _compare(folder: Path, images: dict[str, PictureFolder | Video | None], due: dict[str, int]) -> None:
    """Tell of `images` of which there are fewer than are `due` by `seqLength`."""
    lengths = {name: part.length for name, part in images.items() if part is not None and part.length is not None}
    if short := [f"{name} has {length} of {due[name]}" for name, length in lengths.items() if due[name] - length > CLOSE]:
        told = f"{folder}: there are fewer images than seqLength announces: {', '.join(short)}"
        warnings.warn(f"{told}; get the whole recording, or correct {folder / 'seqinfo.ini'}", EndedEarly, stacklevel=2)


def _within(folder: Path, texts: dict, clocks: dict[str, Clock], length: int | None, read: Callable) -> dict:
    """The `texts` of `folder` in the recording's frames; `read` refuses one that reaches beyond a `length`, if known."""
    for name, text in texts.items():
        limit = None if length is None else clocks[name].count(length)
        if limit is not None and text.frames.max(initial=-1) >= limit:
            read(folder / f"{name}.txt", limit)
    return {name: by_moment(text, clocks[name]) for name, text in texts.items()}


def _check_lengths(path: Path, clocks: dict[str, Clock], length: int | None) -> None:
    """Raise `InputError` for cameras whose clocks make more moments, or more own frames, than a recording may have."""
    for name, clock in clocks.items():
        if length is not None:
            frames = max(length, clock.count(length))
            check_length(frames, path, f"correct the frame_rate and the time_offset of camera {name}, or seqLength")


def _looked(
    name: str, detections: list[Detections] | None, clock: Clock, images: TimedImages | None, length: int
) -> list[Detections | None]:
    """`detections`, one entry per moment, where the camera looked, None elsewhere; None for all if it has no detections."""
    seen: list[Detections | None] = [None] * length
    if detections is not None:
        end = length if images is None or images.length is None else min(length, images.length)
        moments = clock.moments(np.arange(clock.count(end)))
        for moment in moments[(moments >= 0) & (moments < end)].tolist():
            seen[moment] = detections[moment]
        if beyond := sum(map(len, detections[end:])):
            told = f"{beyond} of {sum(map(len, detections))} detections of camera {name} lie after its images end, at frame {end}"
            warnings.warn(f"{told} of {length}, and are left out; get the whole recording", EndedEarly, stacklevel=2)
    return seen


def _by_frame(found: DetectionFile | None, embeddings: np.ndarray | None, length: int) -> list[Detections] | None:
    return None if found is None else detections_by_frame(found.frames, found.boxes, found.scores, embeddings, length)


def _read_world(path: Path) -> WorldTruth:
    rows, fail = read_table(path, 4, "frame,id,x,y", ",")
    return world_truth(rows[:, :4], fail)


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="ascii")
