"""Table 1 of Kalayeh et al., CVPR 2018: parsers of people, on the validation split of LIP."""

from math import isfinite

from benchmarks.reid.table import LIP, Row, Table
from reid.parsing.evaluation import COLUMNS, evaluate_parser
from reid.parsing.parser import Parser
from reid.training.validation import ParsingSet
from reid.weights.weights_file import Weights

_MEASURES = COLUMNS[:3]


def _row(name: str, *printed: float, of_others: bool = True) -> Row:
    return Row(name, paper={LIP: dict(zip(_MEASURES, printed, strict=True))}, printed=of_others)


PARSING = Table(
    "spreid_parsing",
    "Kalayeh et al., CVPR 2018, Table 1: parsers on the validation split of LIP",
    recipe="parser",
    rows=(
        _row("SegNet [2]", 69.04, 24.00, 18.17),
        _row("FCN-8s [28]", 76.06, 36.75, 28.29),
        _row("DeepLabV2 [6]", 82.66, 51.64, 41.64),
        _row("Attention [8]", 83.43, 54.39, 42.92),
        _row("DeepLabV2 + SSL [14]", 83.16, 52.55, 42.44),
        _row("Attention + SSL [14]", 84.36, 54.94, 44.73),
        _row("Ours", 85.07, 60.54, 48.16, of_others=False),
    ),
    small_recipes={"parser": "parser_light"},
    parses=True,
    measures=_MEASURES,
)


def measure_parser(weights: Weights, on: ParsingSet, device: str) -> dict[str, float | None]:
    """The shares `reid.parsing.evaluation.COLUMNS` of a trained parser, in 0..1; None for a region that no mask has."""
    found = evaluate_parser(Parser(weights, device), on.photographs.paths, on.photographs.masks or [])
    return {name: share if isfinite(share) else None for name, share in found.items()}
