"""Blend the weights of a network before and after fine-tuning: accuracy on both domains, at no cost.

Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022, eq. 2: every weight is interpolated between its two values. It
works for weights of which one set was fine-tuned from the other, not for two runs from scratch. Choose the share on people whom
neither was trained on, then refit the thresholds.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two files, the share and the output file."""
    parser.add_argument("weights", type=Path, help="a .safetensors file")
    parser.add_argument("other", type=Path, help="a .safetensors file of the same network, from which the first was fine-tuned")
    parser.add_argument("--share", type=float, required=True, metavar="S", help="share of the other weights, 0..1")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.safetensors", help="the file to write")


def run(options: argparse.Namespace) -> None:
    """Read both, blend, write."""
    from reid.common.errors import InputError
    from reid.weights.weights_file import blend, read_weights

    if options.output.suffix.lower() != ".safetensors":
        raise InputError(f"{options.output}: the output name must end in .safetensors")
    blend(read_weights(options.weights), read_weights(options.other), options.share).write(options.output)
    share = f"{1 - options.share:g} of {options.weights} and {options.share:g} of {options.other}"
    print(f"{options.output}: {share}; next: python -m reid threshold {options.output} --data DIR")
