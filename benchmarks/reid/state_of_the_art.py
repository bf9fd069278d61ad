"""Table 6 of Kalayeh et al., CVPR 2018: SPReID, joined with ResNet-152ft (*) and re-ranked, beside the methods of others."""

from dataclasses import replace
from typing import Any

from benchmarks.reid.spreid import NETWORKS, TABLE, figures
from benchmarks.reid.table import Row, Table

_MEASURES = "mAP", "rank-1", "rank-5", "rank-10"
_JOINED = ("Inception-V3ft", "ResNet-152ft")
_COMBINED = ("SPReID w/fg-ft", "SPReID wo/fg-ft")
_COMBINED_JOINED = ("SPReID combined-ft", "ResNet-152ft")


def _of_others(name: str, *printed: tuple[float | None, ...]) -> Row:
    return Row(name, paper=figures(_MEASURES, *printed), printed=True)


def _ours(name: str, *printed: tuple[float | None, ...], **more: Any) -> Row:
    return replace(NETWORKS.get(name, Row(name)), paper=figures(_MEASURES, *printed), **more)


STATE_OF_THE_ART = Table(
    "spreid_state_of_the_art",
    "Kalayeh et al., CVPR 2018, Table 6: the state of the art; *: joined with ResNet-152ft",
    rows=(
        _of_others("Li et. al. [21]", (57.5, 80.3, None, None), (), ()),
        _of_others("SVDNet [36]", (62.1, 82.3, 92.3, 95.2), (), (56.8, 76.7, 86.4, 89.9)),
        _of_others("DPAR [46]", (63.4, 81.0, 92.0, 94.7), (None, 85.4, 97.6, 99.4), ()),
        _of_others("JLML [25]", (65.5, 85.1, None, None), (), ()),
        _of_others("Basel.+LSRO [50]", (66.1, 84.0, None, None), (), (47.1, 67.7, None, None)),
        _of_others("SSM [3]", (68.8, 82.2, None, None), (None, 76.6, 94.6, 98.0), ()),
        _of_others("DaF [44]", (72.4, 82.3, None, None), (), ()),
        _of_others("Chen et. al. [10]", (73.1, 88.9, None, None), (82.8, 86.7, None, None), (60.6, 79.2, None, None)),
        _of_others("FT-JSTL+DGD [40]", (), (None, 75.3, None, None), ()),
        _of_others("Spindle [45]", (), (None, 88.5, 97.8, 98.6), ()),
        _of_others("HydraPlus [27]", (), (None, 91.8, 98.4, 99.1), ()),
        _of_others("Basel.+OIM [42]", (), (), (None, 68.1, None, None)),
        _of_others("ACRN [33]", (), (), (52.0, 72.6, 84.8, 88.9)),
        _ours(
            "Inception-V3ft",
            *((76.56, 90.8, 96.35, 97.71), (None, 88.73, 97.82, 98.94), (63.27, 80.48, 88.78, 91.65)),
            over="Inception-V3ft",
        ),
        _ours(
            "Inception-V3ft*",
            *((82.87, 93.14, 97.27, 98.22), (None, 92.81, 98.9, 99.35), (72.0, 85.37, 92.15, 94.21)),
            join=_JOINED,
        ),
        _ours(
            "Inception-V3ft* + re-ranking",
            *((90.66, 94.21, 96.76, 97.3), (None, 95.18, 99.18, 99.6), (84.82, 89.41, 93.18, 94.75)),
            join=_JOINED,
            rerank=True,
            over="Inception-V3ft*",
        ),
        _ours(
            "SPReID combined-ft",
            *((81.34, 92.54, 97.15, 98.1), (None, 93.89, 98.76, 99.51), (70.97, 84.43, 91.88, 93.72)),
            join=_COMBINED,
        ),
        _ours(
            "SPReID combined-ft*",
            *((83.36, 93.68, 97.57, 98.4), (None, 94.28, 99.04, 99.56), (73.34, 85.95, 92.95, 94.52)),
            join=_COMBINED_JOINED,
            over=("SPReID combined-ft", "Inception-V3ft*"),
        ),
        _ours(
            "SPReID combined-ft* + re-ranking",
            *((90.96, 94.63, 96.82, 97.65), (None, 96.22, 99.34, 99.7), (84.99, 88.96, 93.27, 94.75)),
            join=_COMBINED_JOINED,
            rerank=True,
            over=("SPReID combined-ft*", "Inception-V3ft* + re-ranking"),
        ),
    ),
    parts=tuple(
        NETWORKS[name] for name in ("Inception-V3", "ResNet-152", "ResNet-152ft", "SPReID w/fg", "SPReID wo/fg", *_COMBINED)
    ),
    measures=_MEASURES,
    over="Inception-V3ft",
    **TABLE,
)
