"""Blend the weights of a network before and after it went on learning: good at home and elsewhere, for nothing.

Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022, eq. 2: every weight lies between its two values. It works for
weights of which one set started from the other; those of two runs from scratch have nothing in common. Choose the share by
people whom neither was trained on, then fit the distances anew.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two files, the share, the file to write."""
    parser.add_argument("weights", type=Path, help="a .safetensors file")
    parser.add_argument("other", type=Path, help="another of the same network, which the first started from")
    parser.add_argument("--share", type=float, required=True, metavar="S", help="of the other's weights, 0..1")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.safetensors", help="the file to write")


def run(options: argparse.Namespace) -> None:
    """Read both, blend, write."""
    from reid.common.errors import InputError
    from reid.weights.weights_file import blend, read_weights

    if options.output.suffix.lower() != ".safetensors":
        raise InputError(f"{options.output}: the output's name must end in .safetensors")
    blend(read_weights(options.weights), read_weights(options.other), options.share).write(options.output)
    share = f"{1 - options.share:g} of {options.weights} and {options.share:g} of {options.other}"
    print(f"{options.output}: {share}; next: python -m reid threshold {options.output} --data DIR")
