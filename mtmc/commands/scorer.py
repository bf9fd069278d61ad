"""Train, measure or convert the person classifier that scores the candidates of motdt.

train learns from the true boxes of MOTChallenge folders with images; the same command resumes an interrupted run. evaluate
measures how well a scorer tells people from background. convert reads the authors' squeezenet_small40_coco_mot16_ckpt_10.h5.
"""

import argparse
from pathlib import Path

DATA = "a MOTChallenge folder with images and gt/gt.txt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the three actions, each with its files."""
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    train = actions.add_parser("train", help="learn from true boxes", description=f"Learn from the true boxes of FOLDER, {DATA}.")
    train.add_argument("--data", nargs="+", type=Path, required=True, metavar="FOLDER", help=f"each {DATA}")
    start = "begin with a scorer's .safetensors file, or with torchvision's squeezenet1_1 (.pth) as backbone (default: at random)"
    train.add_argument("--start", type=Path, metavar="FILE", help=start)
    train.add_argument("--steps", type=int, default=400, metavar="N", help="of two windows each (default: %(default)s)")
    train.add_argument("--seed", type=int, default=0, metavar="N", help="random seed (default: %(default)s)")
    train.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    train.add_argument("--output", type=Path, required=True, metavar="FILE", help=".safetensors file to write")
    evaluate = actions.add_parser("evaluate", help="measure on true boxes", description="Measure a scorer on true boxes.")
    evaluate.add_argument("scorer", metavar="FILE", help="a .safetensors file, or your own module:attribute")
    evaluate.add_argument("--data", nargs="+", type=Path, required=True, metavar="FOLDER", help=f"each {DATA}")
    convert = actions.add_parser("convert", help="convert the authors' weights", description="Convert the authors' weights.")
    convert.add_argument("published", type=Path, metavar="FILE", help="the authors' .h5 file, or a state dict (.pth)")
    convert.add_argument("output", type=Path, metavar="OUTPUT", help=".safetensors file to write")


def run(options: argparse.Namespace) -> None:
    """Do what `options.action` names."""
    from reid.common.errors import InputError

    if "output" in options and options.output.suffix != ".safetensors":
        raise InputError(f"{options.output}: must end with .safetensors")
    {"train": _train, "evaluate": _evaluate, "convert": _convert}[options.action](options)


def _train(options: argparse.Namespace) -> None:
    from mtmc.candidates.examples import Picture, as_seen, pictures
    from mtmc.candidates.training import Settings, train
    from mtmc.sequences import open_sequence
    from reid.common.errors import InputError
    from reid.engines import devices

    if options.steps < 1:
        raise InputError(f"--steps must be 1 or more, not {options.steps}")
    device = devices(options.device)[0]
    shown: list[Picture] = []
    for folder in options.data:
        sequence = open_sequence(folder, None)
        shown += map(as_seen, pictures(sequence))
    people = sum(len(picture.boxes[picture.people]) for picture in shown)
    print(f"{len(shown)} pictures with {people} boxes of people", flush=True)
    settings = Settings([folder.name for folder in options.data], options.steps, options.seed, options.start)
    state = options.output.with_suffix(".state")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    train(shown, settings, state, device).write(options.output)
    state.unlink()
    print(options.output)


def _evaluate(options: argparse.Namespace) -> None:
    from mtmc.candidates.evaluation import area_under_curve, average_precision, scored_examples
    from mtmc.candidates.scorer import open_scoring
    from mtmc.sequences import open_sequence

    scoring = open_scoring(options.scorer)
    for folder in options.data:
        sequence = open_sequence(folder, None)
        scores, labels = scored_examples(scoring, sequence)
        told = (
            f"average precision {average_precision(scores, labels):.3f}, area under curve {area_under_curve(scores, labels):.3f}"
        )
        print(f"{sequence.name}: {told} ({labels.sum()} boxes of people, {(~labels).sum()} of background)")


def _convert(options: argparse.Namespace) -> None:
    from mtmc.candidates.conversion import convert

    convert(options.published).write(options.output)
    print(options.output)
