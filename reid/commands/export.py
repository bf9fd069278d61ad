"""Export a network as ONNX, OpenVINO or TorchScript, with its preprocessing as YAML, and check it against PyTorch."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the network and the output file."""
    parser.add_argument("model", help="a network name (with its shipped weights) or a .safetensors file")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="FILE.onnx, FILE.xml (OpenVINO) or FILE.pt (TorchScript)"
    )


def run(options: argparse.Namespace) -> None:
    """Export into a temporary folder beside the output, verify, then move the files into place."""
    import os
    import shutil
    import tempfile

    from reid.appearance import find_source
    from reid.common.errors import InputError
    from reid.engines.openvino import OpenVINO
    from reid.export import ROOM, export_onnx, export_openvino, export_torchscript, load_torchscript, verify
    from reid.weights.network_file import write_description
    from reid.weights.weights_file import Weights

    output = options.output
    writers = {".onnx": export_onnx, ".xml": export_openvino, ".pt": export_torchscript}
    if output.suffix not in writers:
        raise InputError(f"{output}: the output name must end in {', '.join(writers)}")
    weights = find_source(options.model)
    if not isinstance(weights, Weights):
        raise InputError(f"{options.model}: already exported; only networks of this package can be exported")
    network = weights.network()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        path = Path(folder) / output.name
        try:
            writers[output.suffix](network, weights.preprocessing, path)
            write_description(path, weights.preprocessing, weights.thresholds)
        except (OSError, RuntimeError) as error:  # OpenVINO tells a full disk by the latter
            if shutil.disk_usage(folder).free > ROOM:
                raise
            raise InputError(f"{output}: not written, since the disk is full; make room, or choose another --output") from error
        agreement = verify(
            load_torchscript(path) if path.suffix == ".pt" else OpenVINO(path, "f32"), network, weights.preprocessing
        )
        for file in Path(folder).iterdir():
            os.replace(file, output.parent / file.name)
    print(f"{output}: {weights.model}, minimum cosine with PyTorch {agreement:.6f}; the YAML beside it holds the preprocessing")
