"""Tables 1 to 6 of Kalayeh et al., "Human Semantic Parsing for Person Re-identification", CVPR 2018: SPReID.

Networks are trained on all data sets together, 200,000 steps, and those with "ft" in their name go on from there on the first set
alone, 50,000 steps with larger images. The tables share these networks.
"""

from dataclasses import replace
from typing import Any

from benchmarks.reid.printed import Figures, figures
from benchmarks.reid.table import Row, Table

_MEASURES = "mAP", "rank-1", "rank-10"
_BASELINE = ("options.regions=none", "parser_weights=none")
_RESNET_50 = (*_BASELINE, "options.backbone=resnet50")
_RESNET_152 = (*_BASELINE, "options.backbone=resnet152")
_BODY = ("options.regions=body",)
_SHARED = ("options.shared=true",)


def _networks(name: str, fine_tuned: str, changes: tuple[str, ...], recipe: str) -> dict[str, Row]:
    """A network of the first phase and the same of the second, by name."""
    rows = Row(name, changes, recipe), Row(fine_tuned, changes, "spreid_finetune", start=name, over=name)
    return {row.name: row for row in rows}


NETWORKS = {
    **_networks("Inception-V3", "Inception-V3ft", _BASELINE, "spreid_baseline"),
    **_networks("ResNet-50", "ResNet-50ft", _RESNET_50, "spreid_baseline"),
    **_networks("ResNet-152", "ResNet-152ft", _RESNET_152, "spreid_baseline"),
    **_networks("SPReID w/fg", "SPReID w/fg-ft", (), "spreid"),
    **_networks("SPReID wo/fg", "SPReID wo/fg-ft", _BODY, "spreid"),
    **_networks("SPReID w/fg, shared", "SPReID w/fg-ft, shared", _SHARED, "spreid"),
}


def _row(name: str, paper: Figures, **more: Any) -> Row:
    """The network `name`, or a row that joins some, with its figures."""
    return replace(NETWORKS.get(name, Row(name)), paper=paper, **more)


TABLE: dict[str, Any] = {
    "recipe": "spreid",
    "runs": "spreid",
    "small_recipes": {
        "spreid": "spreid_light",
        "spreid_baseline": "spreid_light",
        "spreid_finetune": "spreid_light_finetune",
    },
    # A quarter of an hour per row on one core.
    "small": ("part_rates={backbone.stem: 0, backbone.stage1: 0, backbone.stage2: 0, backbone.stage3: 0}",),
    "small_sides": (96 / 492, 48 / 164),
    "small_identities": 300,
}

PARSING = Table(
    "spreid_parsing",
    "Kalayeh et al., CVPR 2018, Table 1: parsers on the validation split of LIP",
    recipe="parser",
    rows=tuple(Row(name, paper=paper, printed=name != "Ours") for name, paper in figures("spreid_1", "method").items()),
    small_recipes={"parser": "parser_light"},
    parses=True,
    measures=("overall acc.", "mean acc.", "mean IoU"),
)

_SIZES = figures("spreid_2", "model")
RESOLUTION = Table(
    "spreid_resolution",
    "Kalayeh et al., CVPR 2018, Table 2: height x width of the images, with Inception-V3 alone",
    rows=(
        Row("Model-S", _BASELINE, "spreid_baseline", size=(246, 82), paper=_SIZES["Model-S"]),
        Row("Model-M", _BASELINE, "spreid_baseline", size=(375, 125), paper=_SIZES["Model-M"]),
        replace(_row("Inception-V3", _SIZES["Model-L"]), name="Model-L", run="inception_v3"),
        replace(
            _row("Inception-V3ft", _SIZES["Model-Lft"]), name="Model-Lft", run="inception_v3ft", start="Model-L", over="Model-L"
        ),
    ),
    measures=_MEASURES,
    **TABLE,
)

BACKBONES = Table(
    "spreid_backbones",
    "Kalayeh et al., CVPR 2018, Table 3: backbones of the baseline, and fine-tuned with larger images (ft)",
    rows=tuple(_row(name, paper) for name, paper in figures("spreid_3", "model").items()),
    measures=_MEASURES,
    over="Inception-V3",
    **TABLE,
)

_REGIONS = figures("spreid_4", "model")
REGIONS = Table(
    "spreid_regions",
    "Kalayeh et al., CVPR 2018, Table 4: pooling by the regions of a parser, with and without foreground (fg)",
    rows=(
        _row("Inception-V3", _REGIONS["Inception-V3"]),
        _row("SPReID w/fg", _REGIONS["SPReID w/fg"]),
        _row("SPReID wo/fg", _REGIONS["SPReID wo/fg"], over=("Inception-V3", "SPReID w/fg")),
        _row(
            "SPReID combined",
            _REGIONS["SPReID combined"],
            join=("SPReID w/fg", "SPReID wo/fg"),
            over=("Inception-V3", "SPReID w/fg", "SPReID wo/fg"),
        ),
    ),
    measures=_MEASURES,
    over="Inception-V3",
    **TABLE,
)

_SHARING = figures("spreid_5", "model", "weight_sharing")
SHARING = Table(
    "spreid_sharing",
    "Kalayeh et al., CVPR 2018, Table 5: one backbone shared by global and regional pooling, or one each",
    rows=(
        _row("SPReID w/fg", _SHARING["SPReID w/fg", False], over="SPReID w/fg"),
        _row("SPReID w/fg, shared", _SHARING["SPReID w/fg", True], over="SPReID w/fg"),
        _row("SPReID w/fg-ft", _SHARING["SPReID w/fg-ft", False], over="SPReID w/fg"),
        _row("SPReID w/fg-ft, shared", _SHARING["SPReID w/fg-ft", True], over="SPReID w/fg-ft"),
    ),
    measures=_MEASURES[:2],
    **TABLE,
)

_JOINED = ("Inception-V3ft", "ResNet-152ft")
_COMBINED = ("SPReID w/fg-ft", "SPReID wo/fg-ft")
_COMBINED_JOINED = ("SPReID combined-ft", "ResNet-152ft")
# Of the methods that Table 6 compares, ours to measure; the others are only printed. *: joined with ResNet-152ft.
_OURS: dict[str, dict[str, Any]] = {
    "Inception-V3ft": {"over": "Inception-V3ft"},
    "Inception-V3ft*": {"join": _JOINED},
    "Inception-V3ft* + re-ranking": {"join": _JOINED, "rerank": True, "over": "Inception-V3ft*"},
    "SPReID combined-ft": {"join": _COMBINED},
    "SPReID combined-ft*": {"join": _COMBINED_JOINED, "over": ("SPReID combined-ft", "Inception-V3ft*")},
    "SPReID combined-ft* + re-ranking": {
        "join": _COMBINED_JOINED,
        "rerank": True,
        "over": ("SPReID combined-ft*", "Inception-V3ft* + re-ranking"),
    },
}
_METHODS = figures("spreid_6", "method")

STATE_OF_THE_ART = Table(
    "spreid_state_of_the_art",
    "Kalayeh et al., CVPR 2018, Table 6: the state of the art; *: joined with ResNet-152ft",
    rows=(
        *(Row(name, paper=paper, printed=True) for name, paper in _METHODS.items() if name not in _OURS),
        *(_row(name, _METHODS[name], **how) for name, how in _OURS.items()),
    ),
    parts=tuple(
        NETWORKS[name] for name in ("Inception-V3", "ResNet-152", "ResNet-152ft", "SPReID w/fg", "SPReID wo/fg", *_COMBINED)
    ),
    measures=("mAP", "rank-1", "rank-5", "rank-10"),
    over="Inception-V3ft",
    **TABLE,
)
