"""Handwritten digits: rendered, and from MNIST's files."""

import gzip
import struct

import numpy as np
import pytest

from benchmarks.reid import digits as reid_digits
from reid.common.errors import InputError


def test_digits_are_rendered_each_as_often_and_none_like_another():
    images, labels = reid_digits.render_digits(3, np.random.default_rng(0))
    assert np.bincount(labels).tolist() == [3] * 10
    assert len(np.unique(images.reshape(30, -1), axis=0)) == 30


@pytest.mark.parametrize("packed", [False, True])
def test_mnist_is_read_from_its_files_packed_or_not(tmp_path, packed):
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    labels = np.array([3, 1, 4, 1, 5], np.uint8)
    for name, array in (("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels)):
        data = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
        (tmp_path / (name + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)
    read = reid_digits.read_mnist(tmp_path)
    assert np.array_equal(read[0], images)
    assert np.array_equal(read[1], labels)


def test_a_cut_off_file_of_mnist_is_told(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3]) + struct.pack(">3I", 5, 28, 28) + bytes(10))
    with pytest.raises(InputError, match="10 bytes do not fill 5 x 28 x 28"):
        reid_digits.read_mnist(tmp_path)
    with pytest.raises(InputError, match="no train-images"):
        reid_digits.read_mnist(tmp_path / "absent")
