"""Networks in OpenVINO's format that are written in a moment and whose embeddings can be told in advance."""

from pathlib import Path

import numpy as np

PLAIN = "{height: 8, width: 4, colours: bgr, range: 255}"
WEIGHTS = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]], np.float32)


def write_ir(path: Path, kind: str = "plain", shape=(1, 3, 8, 4), number=np.float32, inputs: int = 1, text: str = PLAIN) -> Path:
    """Write a network from images of `shape` to the means of their three channels and the sum of these, `text` beside it; `path`.

    `kind` "plain" may be given any batch; "fixed" has its batch of one in a constant, so it may not; "mixing" runs with any batch
    but adds the batch's mean to each row. "first" gives one row for a batch, "constant" the same row for any image, "nan" no
    numbers.
    """
    import openvino
    from openvino import opset13 as ops

    images = [ops.parameter(shape, number, name=f"images{index}") for index in range(inputs)]
    numbers = ops.convert(images[0], "f32")
    if shape[1] != 3:
        numbers = ops.transpose(numbers, np.array([0, 3, 1, 2]))
    if kind == "fixed":
        numbers = ops.reshape(numbers, np.array([1, 3, 8, 4]), special_zero=False)
    rows = ops.matmul(ops.reduce_mean(numbers, np.array([2, 3])), ops.constant(WEIGHTS), False, False)
    if kind == "mixing":
        rows = ops.add(rows, ops.reduce_mean(rows, np.array([0]), keep_dims=True))
    if kind == "first":
        rows = ops.gather(rows, np.array([0]), np.array(0))
    if kind in ("constant", "nan"):
        rows = ops.add(ops.multiply(rows, np.float32(0)), np.float32(1 if kind == "constant" else np.nan))
    for other in images[1:]:
        rows = ops.add(rows, ops.convert(ops.reduce_mean(other, np.array([1, 2, 3])), "f32"))
    openvino.save_model(openvino.Model([rows], images, "tiny"), path, compress_to_fp16=False)
    path.with_suffix(".yaml").write_text(text)
    return path
