"""The arrays in the published weights of MOTDT's person classifier, as its code names and shapes them, written out by hand."""

import numpy as np

FIRES = {
    "conv2.1": (64, 16, 64),
    "conv2.2": (128, 16, 64),
    "conv3.1": (128, 32, 128),
    "conv3.2": (256, 32, 128),
    "conv4.1": (256, 48, 192),
    "conv4.2": (384, 48, 192),
    "conv4.3": (384, 64, 256),
    "conv4.4": (512, 64, 256),
}
KERNELS = {
    "feature_extractor.conv1.0": (64, 3, 3, 3),
    "stage_0.1": (256, 512, 3, 3),
    "upconv_1.0": (256, 256, 3, 3),
    "proj_1.0.0.Dconv": (128, 256, 3, 3),
    "proj_1.0.1.Dconv": (128, 256, 5, 5),
    "proj_1.1": (128, 128, 1, 1),
    "upconv_2.0": (128, 384, 3, 3),
    "proj_2.0.0.Dconv": (64, 128, 3, 3),
    "proj_2.0.1.Dconv": (64, 128, 5, 5),
    "proj_2.1": (64, 64, 1, 1),
    "cls_conv.0": (192, 192, 3, 3),
    "cls_conv.3": (49, 192, 1, 1),  # 7 x 7 maps of one class
}
NORMS = {"upconv_1.1": 256, "proj_1.2": 128, "upconv_2.1": 128, "proj_2.2": 64, "cls_conv.1": 192}


def published_arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """Arrays of random numbers by their names in the authors' file, float32; batch norm counts no batches there."""
    kernels = dict(KERNELS)
    for fire, (channels, squeezed, half) in FIRES.items():
        kernels[f"feature_extractor.{fire}.squeeze"] = (squeezed, channels, 1, 1)
        kernels[f"feature_extractor.{fire}.expand1x1"] = (half, squeezed, 1, 1)
        kernels[f"feature_extractor.{fire}.expand3x3"] = (half, squeezed, 3, 3)
    shapes = {}
    for name, shape in kernels.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for name, channels in NORMS.items():
        shapes |= {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(0.01, 0.02, shape).astype(np.float32) for name, shape in shapes.items()}
