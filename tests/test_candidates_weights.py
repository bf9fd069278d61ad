"""The person classifier's network as published, and weights of others as its own."""

import sys

import numpy as np
import pytest
import torch
from candidate_layout import published_arrays

from mtmc.__main__ import main
from mtmc.candidates.conversion import convert, start_from
from mtmc.candidates.network import PersonClassifier, network_of
from reid.common.errors import InputError
from reid.weights.weights_file import read_weights


def write_h5(path, arrays, prefix=""):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file.attrs["epoch"] = 10
        for name, array in arrays.items():
            file.create_dataset(prefix + name, data=array)
    return path


def write_pth(path, arrays, prefix=""):
    torch.save({prefix + name: torch.from_numpy(array) for name, array in arrays.items()}, path)
    return path


def test_the_network_has_the_arrays_of_the_published_file_and_as_many_parameters():
    network = PersonClassifier()
    ours = {name: tuple(value.shape) for name, value in network.state_dict().items() if "num_batches" not in name}
    assert ours == {name: array.shape for name, array in published_arrays().items()}
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_691_633


def test_a_picture_gives_49_maps_at_a_quarter_of_its_size_and_a_cell_around():
    network = PersonClassifier().eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 48, 64)).shape == (2, 49, 48 // 4 + 2, 64 // 4 + 2)
        stages = network.feature_extractor(torch.zeros(1, 3, 48, 64))
    assert [tuple(stage.shape[1:]) for stage in stages] == [(128, 12, 16), (256, 6, 8), (512, 3, 4)]


@pytest.mark.parametrize(("write", "suffix"), [(write_h5, ".h5"), (write_pth, ".pth")])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_published_weights_become_a_file_of_this_package(tmp_path, write, suffix, prefix):
    arrays = published_arrays()
    source, output = write(tmp_path / f"published{suffix}", arrays, prefix), tmp_path / "scorer.safetensors"
    main(["scorer", "convert", str(source), str(output)])
    weights = read_weights(output)
    assert (weights.model, weights.training) == ("motdt_rfcn", {"converted": source.name})
    assert weights.preprocessing.mean == (0.5, 0.5, 0.5) and weights.preprocessing.colours == "rgb"
    for name, value in network_of(weights).state_dict().items():
        if name in arrays:
            np.testing.assert_allclose(value, arrays[name], rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda arrays: arrays.pop("proj_1.1.bias"), "1 arrays differ, first proj_1.1.bias is absent in the file"),
        (lambda arrays: arrays.update(extra=np.zeros(3)), r"first extra is \(3,\) in the file, absent in the network"),
        (lambda arrays: arrays.update({"cls_conv.3.bias": np.zeros(98)}), r"first cls_conv.3.bias is \(98,\) in the file"),
    ],
    ids=["lacks one", "has another", "has two classes"],
)
def test_a_file_of_another_network_names_the_first_difference(tmp_path, change, sentence):
    arrays = published_arrays()
    change(arrays)
    with pytest.raises(InputError, match=sentence):
        convert(write_pth(tmp_path / "other.pth", arrays))


def test_damage_and_absence_are_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "damaged.h5").write_bytes(b"no HDF5")
    (tmp_path / "damaged.pth").write_bytes(b"no zip")
    torch.save([1, 2], tmp_path / "list.pth")
    for name, sentence in {
        "absent.h5": "no such file",
        "damaged.pth": "damaged, or not a state dict of PyTorch",
        "list.pth": "not arrays by name",
    }.items():
        with pytest.raises(InputError, match=sentence):
            convert(tmp_path / name)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match=r"HDF5 needs h5py: pip install 'mtmc\[motdt\]'"):
        convert(tmp_path / "damaged.h5")


def test_weights_of_another_network_score_no_candidates(tmp_path):
    weights = convert(write_pth(tmp_path / "published.pth", published_arrays()))
    with pytest.raises(InputError, match="weights of robust, which scores no candidates"):
        network_of(type(weights)("robust", weights.preprocessing, weights.tensors))


def test_training_starts_from_a_scorer_or_from_torchvisions_squeezenet(tmp_path):
    arrays = published_arrays()
    convert(write_pth(tmp_path / "published.pth", arrays)).write(tmp_path / "scorer.safetensors")
    stages = {"conv2": (3, 4), "conv3": (6, 7), "conv4": (9, 10, 11, 12)}  # where torchvision has the blocks
    layers = [("conv1.0", 0)] + [(f"{stage}.{n}", at) for stage, places in stages.items() for n, at in enumerate(places, 1)]
    renamed = {"classifier.1.bias": np.zeros(1000, np.float32)}
    for ours, theirs in layers:
        begin = f"feature_extractor.{ours}."
        renamed |= {f"features.{theirs}.{name.removeprefix(begin)}": arrays[name] for name in arrays if name.startswith(begin)}
    whole, backbone = PersonClassifier(), PersonClassifier()
    start_from(whole, tmp_path / "scorer.safetensors")
    start_from(backbone, write_pth(tmp_path / "squeezenet1_1.pth", renamed))
    for name, value in backbone.feature_extractor.state_dict().items():
        np.testing.assert_array_equal(value, arrays[f"feature_extractor.{name}"])
    np.testing.assert_allclose(whole.cls_conv[3].weight.detach(), arrays["cls_conv.3.weight"], rtol=1e-3)
    with pytest.raises(InputError, match=r"not SqueezeNet 1.1 of torchvision"):
        start_from(backbone, tmp_path / "published.pth")
