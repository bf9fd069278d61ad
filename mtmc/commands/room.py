"""Follow people through several calibrated cameras: one number a person, also after leaving and coming back.

CAMERAS is a YAML file of calibrated cameras with their videos, or a folder with cameras.yaml, NAME.mp4 and det/NAME.txt for each
camera NAME in it; recordings of EPFL, WILDTRACK, CMC and CAMPUS are known as well.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recording, what finds and what recognises people, where the results go."""
    parser.add_argument("source", type=Path, metavar="CAMERAS", help="a YAML file of cameras, or a recording's folder")
    parser.add_argument("--detections", metavar="NAME", help="of those that the recording has (default: its usual ones)")
    parser.add_argument("--detector", metavar="FILE", help="an ONNX file in YOLOX's format, to find the people with instead")
    parser.add_argument("--min-score", type=float, metavar="S", help="drop what the detector scores lower (default: 0.3)")
    parser.add_argument("--reid", default="robust", metavar="NAME", help="model, none, or weights file (default: %(default)s)")
    parser.add_argument("--gallery", type=Path, metavar="FILE.npz", help="people known before; it is read and written again")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="for world.csv, world.jsonl, tracks/, gallery/")
    parser.add_argument("--video", action="store_true", help="write room.mp4: the cameras and the floor plan side by side")


def run(options: argparse.Namespace) -> None:
    """Follow and name people to the end, write, print what was found."""
    from rich.console import Console
    from rich.progress import Progress

    from mtmc.appearance import open_appearance
    from mtmc.detector import Detector
    from mtmc.gallery import Gallery
    from mtmc.recording import claim_folder
    from mtmc.room import detect, follow, open_identities, recognise, require_images, settle
    from mtmc.room_film import film_room
    from mtmc.room_recording import draw_gallery, record_room
    from mtmc.sequences import open_multi_view
    from reid.errors import InputError

    if options.min_score is not None and options.detector is None:
        raise InputError("--min-score is for a detector: give --detector FILE as well.")
    if options.gallery and options.reid == "none":
        raise InputError("--gallery holds what an appearance model knows people by: leave it out, or give --reid.")
    claim_folder(options.output)
    sequence = open_multi_view(options.source, detections=options.detections)
    if options.detector is None and not any(len(found) for part in sequence.detections.values() for found in part):
        raise InputError(f"{options.source} has no detections: add det/NAME.txt for each camera, or give --detector FILE.")
    model = open_appearance(options.reid)
    if model is not None or options.video or options.detector:
        require_images(sequence)
    identities = open_identities(model)
    if options.gallery and options.gallery.is_file():
        identities.gallery = Gallery.load(options.gallery, model.weights_hash)
    found = detect(sequence, Detector(options.detector, options.min_score)) if options.detector else None
    moments = settle(recognise(sequence, follow(sequence, detections=found), identities, model), identities)
    moments = record_room(moments, list(sequence.cameras), options.output)
    if options.video:
        moments = film_room(moments, sequence, options.output / "room.mp4")
    people: set[int] = set()
    with Progress(transient=True, disable=not Console().is_terminal) as progress:
        for moment in progress.track(moments, total=sequence.length, description=sequence.name):
            people.update(moment.people.tolist())
    if identities.gallery is not None:
        draw_gallery(identities.gallery, options.output / "gallery")
        if options.gallery:
            identities.gallery.save(options.gallery)
    print(f"{sequence.length} frames of {len(sequence.cameras)} cameras, {len(people)} people: {options.output}")
