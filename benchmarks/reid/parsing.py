"""The measures of a trained parser, among them those of Table 1 of Kalayeh et al., CVPR 2018."""

from math import isfinite

from reid.parsing.evaluation import evaluate_parser
from reid.parsing.parser import Parser
from reid.training.validation import ParsingSet
from reid.weights.weights_file import Weights


def measure_parser(weights: Weights, on: ParsingSet, device: str) -> dict[str, float | None]:
    """The shares `reid.parsing.evaluation.COLUMNS` of a trained parser, in 0..1; None for a region that no mask has."""
    found = evaluate_parser(Parser(weights, device), on.photographs.paths, on.photographs.masks or [])
    return {name: share if isfinite(share) else None for name, share in found.items()}
