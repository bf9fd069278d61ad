"""Training in processes of its own: one that is killed, and two that share a run."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from small_ir import write_ir
from small_training import write_people, write_styled

from reid.data.folders import GALLERY, QUERY, TRAIN, read_market, with_unlabelled
from reid.data.sources import STYLED, UNLABELLED
from reid.data.styled import with_styled
from reid.training import processes
from reid.training.recipe import read_recipe
from reid.training.trainer import train
from reid.training.validation import ValidationSet
from reid.weights.weights_file import read_weights

SCRIPT = Path(__file__).with_name("small_training.py")
CHANGES = [
    *("model=small", "padding=1", "epochs=4", "early_epochs=0", "identities_per_batch=2", "images_per_identity=2"),
    *("optimiser=sgd", "learning_rate=0.005", "warmup_epochs=4", "step_epochs=[3]", "center_weight=0.001", "clip_norm=50"),
    *("checkpoint_steps=1", "evaluate_every=2"),
    *("average=gaussian", "average_epochs=1", "schedule=steps", "precision=float32"),
]


TAUGHT = [
    *("embedding_weight=1", "relation_weight=1", "unlabelled_per_batch=2", "composites_per_batch=4", "background=0.5"),
    *("channel_gain=0.2", "light=0.2", "blur=0.2", "jpeg=0.2", "bad_crops=0.3", "styled_per_batch=2"),
]


@dataclass(frozen=True)
class Run:
    """What is trained: changes to the recipe, data, and folders of images without labels and of styled copies."""

    changes: list[str]
    folder: Path
    unlabelled: list[Path]
    styled: list[Path]


STAGES = "stages=[{epochs: 2, average: none}, {epochs: 2, warmup_epochs: 0, schedule: cycles, cycle_epochs: 1}]"


@pytest.fixture(params=["labels alone", "two stages", "teachers, copies, images without labels and composites"])
def run(request, small_weights, photographs, tmp_path) -> Run:
    folder = write_people(tmp_path / "people")
    if request.param == "labels alone":
        return Run(CHANGES, folder, [], [])
    if request.param == "two stages":
        return Run([*CHANGES, STAGES], folder, [], [])
    small_weights.write(tmp_path / "teacher.safetensors")
    teachers = f"teacher=[{tmp_path / 'teacher.safetensors'},{write_ir(tmp_path / 'other.xml')}]"
    return Run([*CHANGES, *TAUGHT, teachers], folder, [photographs], [write_styled(folder)])


def start(run: Run, output: Path, **variables: object) -> subprocess.Popen:
    """Train `run` by the command line, under these variables of the environment."""
    from configs import path

    arguments = ["train", path("reid", "robust"), *run.changes, "--data", run.folder, "--validate", run.folder]
    arguments += ["--unlabelled", *run.unlabelled, "--styled", *run.styled] if run.unlabelled else []
    variables |= {"OMP_NUM_THREADS": torch.get_num_threads(), "PYTHONPATH": os.pathsep.join(sys.path)}
    environment = os.environ | {name: str(value) for name, value in variables.items()}
    command = [sys.executable, *map(str, [SCRIPT, *arguments, "--output", output])]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def train_here(run: Run, output: Path) -> torch.nn.Module:
    from configs import path

    crops, *validation = (read_market(run.folder, part) for part in (TRAIN, QUERY, GALLERY))
    validation = [ValidationSet(run.folder.name, *validation)]
    data = [run.folder.name, *(f"{folder}{UNLABELLED}" for folder in run.unlabelled)]
    data += [f"{folder}{STYLED}" for folder in run.styled]
    crops = with_unlabelled(with_styled(crops, run.styled), run.unlabelled)
    recipe = read_recipe(path("reid", "robust"), run.changes)
    return train(recipe, crops, output, validation=validation, data=data)


def test_a_process_that_was_killed_in_an_epoch_goes_on_to_the_weights_of_an_unbroken_run(run, tmp_path):
    output = tmp_path / "killed"
    process = start(run, output)
    deadline = time.monotonic() + 60
    while not any(output.rglob("checkpoint.pt")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, process.stdout.read()
    assert not (output / "last.safetensors").exists()
    train_here(run, output)
    train_here(run, tmp_path / "unbroken")
    for name in ("last.safetensors", "best.safetensors"):
        one, other = (read_weights(each / name) for each in (output, tmp_path / "unbroken"))
        assert (one.hash, one.training) == (other.hash, other.training)
    for name in ("losses.csv", "validation.csv"):
        assert (output / name).read_text() == (tmp_path / "unbroken" / name).read_text()


@pytest.mark.parametrize("parts", [(8,), (8, 4), (8, 0, 4), (8, 4, 12)])
def test_each_process_gets_its_share_of_every_part_of_a_batch(monkeypatch, parts):
    monkeypatch.setattr(processes, "count", lambda: 4)
    shares = []
    for rank in range(4):
        monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
        shares.append(processes.own_rows(*parts))
    ends = np.cumsum([0, *parts])
    for start, end in itertools.pairwise(ends):
        assert [np.sum((share >= start) & (share < end)) for share in shares] == [(end - start) // 4] * 4
    gathered = np.concatenate(shares)
    assert np.array_equal(np.sort(gathered), np.arange(ends[-1]))
    for part, (first, end) in enumerate(itertools.pairwise(ends)):
        assert np.array_equal(gathered[processes.gathered_rows(*parts, of=part)], np.arange(first, end))


def test_the_second_of_two_processes_has_the_second_half_of_each_part(monkeypatch):
    monkeypatch.setattr(processes, "count", lambda: 2)
    monkeypatch.setattr(processes, "rank", lambda: 1)
    assert processes.own_rows(4, 2, 4).tolist() == [2, 3, 5, 8, 9]
    assert processes.gathered_rows(4, 2, 4).tolist() == [0, 1, 5, 6]


def test_one_process_has_the_whole_batch():
    assert processes.own_rows(4, 2).tolist() == [0, 1, 2, 3, 4, 5]
    assert processes.gathered_rows(4, 2).tolist() == [0, 1, 2, 3]


def test_maps_are_gathered_as_they_are_sent_whatever_their_order_in_memory(monkeypatch):
    def exchange(parts, own):
        for part in parts:
            torch.as_strided(part, (part.numel(),), (1,)).copy_(torch.as_strided(own, (own.numel(),), (1,)))

    monkeypatch.setattr(processes, "count", lambda: 2)
    monkeypatch.setattr(processes.dist, "all_gather", exchange)
    maps = torch.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    assert torch.equal(processes.gather(maps.to(memory_format=torch.channels_last)), torch.cat([maps, maps]))


def start_two(run: Run, output: Path) -> list[tuple[int, str]]:
    """Train `run` in two processes; how each ends, and what it says."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    # What torchrun sets, without the time that torchrun itself takes.
    place = {"WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    both = [start(run, output, RANK=rank, LOCAL_RANK=rank, **place) for rank in range(2)]
    said = [process.communicate(timeout=150)[0] for process in both]
    return list(zip([process.returncode for process in both], said, strict=True))


def test_where_a_teacher_is_missing_no_process_waits_for_the_other(small_weights, photographs, tmp_path):
    changes = [*CHANGES, *TAUGHT, "teacher=[nowhere.xml]"]
    folder = write_people(tmp_path / "people")
    ends = start_two(Run(changes, folder, [photographs], [write_styled(folder)]), tmp_path / "two")
    assert [code for code, _ in ends] == [2, 2], ends
    assert all(said.splitlines()[-1] == "error: teacher: nowhere.xml: no such file" for _, said in ends)


def test_two_processes_train_as_one(run, tmp_path):
    codes, said = zip(*start_two(run, tmp_path / "two"), strict=True)
    assert codes == (0, 0), said
    train_here(run, tmp_path / "one")
    one, two = (read_weights(tmp_path / name / "last.safetensors") for name in ("one", "two"))
    for name, tensor in one.tensors.items():
        assert two.tensors[name] == pytest.approx(tensor, rel=2e-3, abs=1e-5), name  # half precision keeps 1e-3
    losses = [np.loadtxt(tmp_path / name / "losses.csv", delimiter=",", skiprows=1) for name in ("one", "two")]
    assert losses[1] == pytest.approx(losses[0], rel=5e-4, abs=2e-4)
    assert "(final weights)" in said[0]
    assert not said[1]
