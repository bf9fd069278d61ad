"""Train a network by a recipe; a killed run resumes from its last checkpoint with identical results."""

import copy
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from reid.common.errors import InputError
from reid.common.picture_file import require_whole
from reid.data.folders import Crops
from reid.data.sources import source_name
from reid.models import Network, build
from reid.parsing.lip import check_pairs
from reid.parsing.outlines import outlines_by
from reid.training import checkpoint, processes
from reid.training.batches import Batches
from reid.training.checkpoint import is_checkpoint
from reid.training.journal import Journal
from reid.training.learner import Learner, check_recipe
from reid.training.objective import NAMES
from reid.training.optimisation import build_optimiser
from reid.training.recipe import Recipe
from reid.training.state_file import write_state
from reid.training.teachers import PresentTeachers, open_teachers, teach
from reid.training.validation import Measured, check_apart, mean_score, snapshot, validate, with_scores
from reid.weights.weights_file import find_weights, read_weights


def train(
    recipe: Recipe,
    crops: Crops,
    folder: Path,
    device: str = "cpu",
    validation: Sequence[Measured] = (),
    data: Sequence[str] = (),
) -> nn.Module:
    """Train `recipe.model` on `crops`, whose ids are 0..classes-1; returns the network in evaluation mode, with averaged weights.

    Crops with the id -1 have no label and serve only distillation; styled copies serve the ID loss, and distillation. The
    teachers' embeddings of all crops are computed once, before the first step, and cached.

    Writes to `folder`: `last.safetensors`, `losses.csv` with one line per epoch, `steps.csv` with the first 500 steps,
    `gaussian.pt` (the state of a `WeightGaussian`) if the recipe sets it, and `checkpoint.pt`, from which the same call resumes;
    it holds the network before averaging. With `validation` sets, also `validation.csv`, one line per set for the present weights
    and, while they are averaged, one for the averaged; and `best.safetensors`, those with the highest mean score over the sets.
    `data` are the sources of the `crops`, recorded in the weights. A validation set from a site in `data`, or from one on which
    the weights of the recipe's `start` were trained, is reported at the start and in the record, since its figures say little
    about other sites.

    Each stage of a recipe goes on from the one before, as from a `start` that is a run's checkpoint: with its classifiers,
    optimiser and centers. All stages but the last write to `stage_1`, `stage_2`, ... in `folder`.

    All randomness comes from the recipe's seed, the epoch and the step, so on a CPU a resumed run ends with exactly the weights
    of an uninterrupted one. Of several processes (see `reid.training.processes`), all read and only the first writes. Raises
    InputError for a recipe that cannot run here, if training diverges, if an image is missing or cut off, if a mask does not fit
    its image, if no validation query has a positive, if a validation image is also trained on, and if `folder` holds the
    checkpoint of another run. The weights of a finished run are not rewritten, since thresholds may have been added.
    """
    stages = recipe.staged()
    files = [*(folder / f"stage_{number}" / "checkpoint.pt" for number in range(1, len(stages))), folder / "checkpoint.pt"]
    for number, (stage, file) in enumerate(zip(stages, files, strict=True), 1):  # all before the first takes days
        try:
            _check_stage(stage, crops, device)
        except InputError as error:
            raise InputError(f"stage {number}: {error}" if recipe.stages else str(error)) from None
        checkpoint.check(file, stage)
    begun = max((number for number, file in enumerate(files) if file.exists()), default=0)
    before = Path(recipe.start) if is_checkpoint(recipe.start) else None
    for number, (stage, file) in enumerate(zip(stages, files, strict=True)):
        if number >= begun:
            heading = f"stage {number + 1} of {len(stages)}" if recipe.stages else ""
            network = _train_stage(stage, crops, file.parent, device, validation, data, before, heading)
        before = file
    return network


def _train_stage(
    recipe: Recipe,
    crops: Crops,
    folder: Path,
    device: str,
    validation: Sequence[Measured],
    data: Sequence[str],
    before: Path | None,
    heading: str,
) -> nn.Module:
    file, first = folder / "checkpoint.pt", processes.rank() == 0
    for each in validation:
        each.check()
    require_whole([*crops.paths, *(crops.masks or []), *(path for each in validation for path in each.paths)])
    check_apart(crops, validation)
    with processes.first_alone():
        teachers = open_teachers(recipe.teacher, device)
    people, networks = None, [teacher.weights_hash for teacher in teachers]
    if recipe.outlines != "average" and (recipe.background or recipe.masked):
        people = outlines_by(recipe.outlines, device)
        networks.append(find_weights(recipe.outlines).hash)
    run = checkpoint.describe(recipe, crops, networks)
    widths = [teacher.dimension for teacher in teachers]
    fresh = not file.exists()
    learner = Learner(recipe, int(crops.ids.max()) + 1, device, fresh and before is None, widths)
    told = ""
    if not fresh:
        checkpoint.resume(file, run, learner.parts(), device)
    elif before:
        told = checkpoint.go_on(before, run, learner.parts(), device)
    learner.position.data = [source_name(source) for source in data]
    ask = PresentTeachers(recipe.teacher, device) if recipe.composites_per_batch else None
    with processes.first_alone():  # only after all checks, since it takes minutes
        taught = teach(teachers, crops.paths) if teachers else None
    del teachers  # free device memory for the network in training
    batches = Batches(recipe, crops, learner.network.preprocessing, learner.device, taught, ask, people)
    position = learner.position
    journal = Journal(folder, position.epoch, position.done + position.step, batches.epochs(), silent=not first)
    if heading:
        journal.say(heading)
    if learner.is_finished():
        journal.say(f"all {batches.epochs()} epochs are already trained")
    if told:
        journal.say(told)
    at_home = [each.name for each in validation if each.shares_site([*data, *learner.position.seen])]
    for name in at_home:
        journal.say(f"{name} is from a site in the training data: its figures say little about other sites")

    used = [name for name, weight in zip(NAMES, learner.objective.weights.tolist(), strict=True) if weight]

    def keep() -> None:
        if first:
            journal.keep_steps(used)
            checkpoint.save(file, run, learner.parts())

    def evaluate(networks: dict[str, Network]) -> None:
        size = batches.size_at(learner.position.epoch - 1)
        found = {what: snapshot(recipe, network, learner.position, crops, data, size) for what, network in networks.items()}
        if validation:
            scores = {what: validate(weights, validation, device) for what, weights in found.items()}
            found = {what: with_scores(weights, scores[what], at_home) for what, weights in found.items()}
            journal.validation(learner.position.epoch - 1, scores)
            for what, weights in found.items():
                if mean_score(scores[what]) >= learner.position.best:
                    learner.position.best = mean_score(scores[what])
                    weights.write(folder / "best.safetensors")
        found["final" if "final" in found else "present"].write(folder / "last.safetensors")

    while not learner.is_finished():
        epoch, indices = learner.position.epoch, batches.epoch(learner.position.epoch)
        steps = len(indices)
        if recipe.iterations:
            indices = indices[: recipe.iterations - learner.position.done]
        inputs = batches.inputs(indices, epoch, learner.position.step)
        learner.network.train()
        rate = learner.rate(steps)
        with journal.epoch(epoch, len(indices), learner.position.step) as progress:
            for batch in inputs:
                rate = learner.rate(steps)
                journal.step(learner.step(batch, steps))
                progress.advance(progress.task_ids[0])
                if recipe.checkpoint_steps and learner.position.step % recipe.checkpoint_steps == 0:
                    learner.require_convergence()
                    keep()
        losses = dict(zip(NAMES, learner.end_epoch(), strict=True))
        journal.losses(epoch, {name: losses[name] for name in used}, rate)
        if recipe.evaluate_every and (epoch + 1) % recipe.evaluate_every == 0 and not learner.is_finished():
            average = learner.average(batches) if validation else None
            if first:
                evaluate({"present": learner.network} | ({"averaged": average} if average else {}))
        keep()
    due = first and not _is_finished(folder / "last.safetensors", recipe)
    present = {"present": copy.deepcopy(learner.network)} if due and validation and recipe.average != "none" else {}
    learner.take_average(batches)
    if due:
        if recipe.average == "gaussian":
            write_state(folder / "gaussian.pt", learner.states.state_dict())
        evaluate({**present, "final": learner.network})
    journal.close()
    return learner.network.eval()


def _check_stage(recipe: Recipe, crops: Crops, device: str) -> None:
    """Raise InputError if a stage cannot run with these crops, without building what takes long."""
    _check_styled(recipe, crops)
    _check_unlabelled(recipe, crops)
    _check_masks(recipe, crops)
    check_recipe(recipe, device)
    with torch.device("meta"):  # only names and sizes matter, and initialising a large network takes seconds
        network = build(recipe.model, classes=1, **recipe.options)
    Batches(recipe, crops, network.preprocessing, device).epoch(0)
    build_optimiser(recipe, network)
    if recipe.outlines != "average" and (recipe.background or recipe.masked):
        try:
            find_weights(recipe.outlines)
        except InputError as error:
            raise InputError(f"outlines: {error}") from None


def _check_styled(recipe: Recipe, crops: Crops) -> None:
    """Raise InputError if styled copies are required but missing, or given but unused."""
    there = 0 if crops.styled is None else int(crops.styled.sum())
    if bool(there) != bool(recipe.styled_per_batch):
        raise InputError(
            f"styled_per_batch: must be above 0, with {there} styled copies"
            if there
            else "styled_per_batch: give copies by --styled DIR, or set it to 0"
        )
    if there and not recipe.identity_weight:
        raise InputError("identity_weight: must be above 0 with styled copies, which enter the ID loss alone")


def _check_unlabelled(recipe: Recipe, crops: Crops) -> None:
    """Raise InputError if crops without labels are required but missing, or given but unused."""
    there = int((crops.ids < 0).sum())
    if bool(there) != bool(recipe.unlabelled_per_batch):
        what = "above 0" if there else "0 without --unlabelled"
        raise InputError(f"unlabelled_per_batch: must be {what}, with {there} images without labels")
    if there and not recipe.teacher:
        raise InputError("teacher: images without labels need one")


def _check_masks(recipe: Recipe, crops: Crops) -> None:
    """Raise InputError if parsing masks are required but missing, given but unused, or not those of their images."""
    if recipe.parsing_weight and not crops.masks:
        raise InputError("--data: parsing needs images with masks, as in lip=DIR")
    if crops.masks and not recipe.parsing_weight:
        raise InputError("parsing_weight: must be above 0 for images with masks; their people have no identities")
    if crops.masks and recipe.teacher:
        raise InputError("teacher: must be [] for images with masks, since a parser has no embeddings to match")
    if crops.masks:
        check_pairs(crops)


def _is_finished(last: Path, recipe: Recipe) -> bool:
    """Whether the final weights are written; those of an intermediate validation have fewer epochs."""
    done = "iterations" if recipe.iterations else "epochs"
    return last.exists() and read_weights(last).training.get(f"{done}_done") == getattr(recipe, done)
