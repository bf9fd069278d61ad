"""Tables 2 to 5 of Kalayeh et al., "Human Semantic Parsing for Person Re-identification", CVPR 2018: SPReID.

The figures are the printed ones, in per cent. Networks are trained on all data sets together, 200,000 steps, and those with "ft"
in their name go on from there on the first set alone, 50,000 steps with larger images. The tables share these networks.
"""

from dataclasses import replace
from typing import Any

from benchmarks.reid.table import CUHK03, DUKE, MARKET, Row, Table

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


def figures(measures: tuple[str, ...], *printed: tuple[float | None, ...]) -> dict[str, dict[str, float]]:
    """The figures of a row on Market-1501, CUHK03 and DukeMTMC-reID, each `measures` or empty; None: not printed."""
    sets = zip((MARKET, CUHK03, DUKE), printed, strict=True)
    return {
        name: {measure: figure for measure, figure in zip(measures, of_set, strict=True) if figure is not None}
        for name, of_set in sets
        if of_set
    }


def _row(name: str, *printed: tuple[float | None, ...], **more: Any) -> Row:
    """The network `name`, or a row that joins some, with its figures of Tables 2 to 4."""
    return replace(NETWORKS.get(name, Row(name)), paper=figures(_MEASURES, *printed), **more)


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
_INCEPTION = (73.06, 88.87, 97.00), (None, 87.91, 98.41), (59.87, 79.08, 90.26)
_INCEPTION_FT = (76.56, 90.80, 97.71), (None, 88.73, 98.94), (63.27, 80.48, 91.65)

RESOLUTION = Table(
    "spreid_resolution",
    "Kalayeh et al., CVPR 2018, Table 2: height x width of the images, with Inception-V3 alone",
    rows=(
        Row(
            "Model-S",
            _BASELINE,
            "spreid_baseline",
            size=(246, 82),
            paper=figures(_MEASURES, (64.45, 84.06, 95.55), (None, 81.78, 98.12), (53.73, 74.87, 88.51)),
        ),
        Row(
            "Model-M",
            _BASELINE,
            "spreid_baseline",
            size=(375, 125),
            paper=figures(_MEASURES, (72.14, 88.18, 96.64), (None, 85.66, 98.90), (59.98, 79.85, 90.89)),
        ),
        replace(_row("Inception-V3", *_INCEPTION), name="Model-L", run="inception_v3"),
        replace(_row("Inception-V3ft", *_INCEPTION_FT), name="Model-Lft", run="inception_v3ft", start="Model-L", over="Model-L"),
    ),
    measures=_MEASURES,
    **TABLE,
)

BACKBONES = Table(
    "spreid_backbones",
    "Kalayeh et al., CVPR 2018, Table 3: backbones of the baseline, and fine-tuned with larger images (ft)",
    rows=(
        _row("Inception-V3", *_INCEPTION),
        _row("ResNet-50", (66.32, 85.10, 95.75), (None, 85.88, 99.19), (54.77, 73.70, 88.02)),
        _row("ResNet-152", (72.95, 88.33, 96.88), (None, 88.01, 99.27), (62.42, 79.62, 90.80)),
        _row("Inception-V3ft", *_INCEPTION_FT),
        _row("ResNet-50ft", (72.97, 87.92, 96.76), (None, 89.08, 99.15), (59.72, 77.74, 90.84)),
        _row("ResNet-152ft", (77.96, 90.71, 97.65), (None, 90.38, 99.46), (67.02, 83.26, 92.95)),
    ),
    measures=_MEASURES,
    over="Inception-V3",
    **TABLE,
)

REGIONS = Table(
    "spreid_regions",
    "Kalayeh et al., CVPR 2018, Table 4: pooling by the regions of a parser, with and without foreground (fg)",
    rows=(
        _row("Inception-V3", *_INCEPTION),
        _row("SPReID w/fg", (78.66, 90.97, 97.71), (None, 89.57, 99.19), (67.20, 82.32, 92.32)),
        _row(
            "SPReID wo/fg",
            *((78.06, 90.74, 97.80), (None, 91.29, 98.93), (67.11, 82.14, 92.24)),
            over=("Inception-V3", "SPReID w/fg"),
        ),
        _row(
            "SPReID combined",
            *((79.67, 91.45, 98.1), (None, 91.21, 99.2), (68.78, 83.3, 92.91)),
            join=("SPReID w/fg", "SPReID wo/fg"),
            over=("Inception-V3", "SPReID w/fg", "SPReID wo/fg"),
        ),
    ),
    measures=_MEASURES,
    over="Inception-V3",
    **TABLE,
)


def _sharing(name: str, *printed: tuple[float | None, float], over: str) -> Row:
    return replace(NETWORKS[name], paper=figures(_MEASURES[:2], *printed), over=over)


SHARING = Table(
    "spreid_sharing",
    "Kalayeh et al., CVPR 2018, Table 5: one backbone shared by global and regional pooling, or one each",
    rows=(
        _sharing("SPReID w/fg", (78.66, 90.97), (None, 89.57), (67.20, 82.32), over="SPReID w/fg"),
        _sharing("SPReID w/fg, shared", (77.62, 90.88), (None, 87.69), (65.66, 81.73), over="SPReID w/fg"),
        _sharing("SPReID w/fg-ft", (80.68, 92.40), (None, 92.57), (69.79, 84.02), over="SPReID w/fg"),
        _sharing("SPReID w/fg-ft, shared", (80.54, 92.34), (None, 89.68), (69.29, 83.80), over="SPReID w/fg-ft"),
    ),
    measures=_MEASURES[:2],
    **TABLE,
)
