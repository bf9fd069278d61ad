"""The tables of the papers with their published figures, and the list of all tables.

Figures of Luo et al. are those in the authors' repository (michuanhaohao/reid-strong-baseline), in per cent. A row without
figures has published values that could not be looked up: none is from memory.
"""

from typing import Any

from benchmarks.reid import spreid
from benchmarks.reid.backgrounds import BACKGROUNDS
from benchmarks.reid.distillation import DISTILLATION
from benchmarks.reid.parsing import PARSING
from benchmarks.reid.state_of_the_art import STATE_OF_THE_ART
from benchmarks.reid.table import DUKE, MARKET, Row, Table
from reid.common.errors import InputError


def _paper(market: float, market_map: float, duke: float, duke_map: float) -> dict[str, dict[str, float]]:
    return {MARKET: {"rank-1": market, "mAP": market_map}, DUKE: {"rank-1": duke, "mAP": duke_map}}


_WARMUP = ("warmup_epochs=10",)
_ERASING = (*_WARMUP, "random_erasing=0.5")
_SMOOTHING = (*_ERASING, "label_smoothing=0.1")
_STRIDE = (*_SMOOTHING, "options.last_stride=1")
_BNNECK = (*_STRIDE, "options.neck=bnneck")
_CENTER = (*_BNNECK, "center_weight=0.0005")

# From scratch, with a learning rate that makes progress in a few hundred steps, along a cosine: the papers' steps, shrunk with
# the epochs, would leave two thirds of them at a tenth of the rate or less, too low for such a short run.
_COSINE = ("schedule=cycles", "cycle_epochs=120")
# Soft triplets, since batch-hard ones collapse all features to one point there, in every row without BNNeck.
_SMALL = (
    "backbone_weights=none",
    "precision=bf16",
    "learning_rate=0.001",
    "triplet=soft",
    "triplet_margin=null",
    *_COSINE,
)
_BASELINE: dict[str, Any] = {"recipe": "standard_baseline", "size": (256, 128), "small": ("model=bnneck_resnet18", *_SMALL)}

BAG_OF_TRICKS = Table(
    "bag_of_tricks",
    "Luo et al., CVPRW 2019, Table 1: one trick after the other",
    rows=(
        Row("standard baseline", paper=_paper(87.7, 74.0, 79.7, 63.8)),
        Row("+ warm-up", _WARMUP, paper=_paper(88.7, 75.2, 80.6, 65.1)),
        Row("+ random erasing", _ERASING, paper=_paper(91.3, 79.3, 81.5, 68.3)),
        Row("+ label smoothing", _SMOOTHING, paper=_paper(91.4, 80.3, 82.4, 69.3)),
        Row("+ last stride 1", _STRIDE, paper=_paper(92.0, 81.7, 82.6, 70.6)),
        Row("+ BNNeck", _BNNECK, paper=_paper(94.1, 85.7, 86.2, 75.9)),
        Row("+ center loss", _CENTER, paper=_paper(94.5, 85.9, 86.4, 76.4)),
    ),
    **_BASELINE,
)

NECKS = Table(
    "necks",
    "Luo et al., TMM 2019, Table III and Fig. 10: the necks of Fig. 8",
    rows=(
        Row("Neck1", ("options.neck=neck1",)),
        Row("Neck2", ("options.neck=neck2",)),
        Row("Neck3", ("options.neck=neck3",), claim="down"),
        Row("BNNeck1", ("options.neck=bnneck1",)),
        Row("BNNeck2", ("options.neck=bnneck2",)),
        Row("BNNeck3", ("options.neck=bnneck3",)),
        Row("BNNeck"),
    ),
    changes=_BNNECK,
    clustering=True,
    over="BNNeck",
    **_BASELINE,
)

BNNECK_METRICS = Table(
    "bnneck_metrics",
    "Luo et al., CVPRW 2019, Table 2: the two features of BNNeck under two distances",
    rows=(
        Row("without BNNeck, Euclidean", ("options.neck=neck3",), feature="f_t", distance="euclidean", run="without_bnneck"),
        Row("f_t, Euclidean", feature="f_t", distance="euclidean", run="bnneck"),
        Row("f_t, cosine", feature="f_t", run="bnneck"),
        Row("f_i, Euclidean", feature="f_i", distance="euclidean", run="bnneck"),
        # The test of Table 1, so this equals its BNNeck row.
        Row("f_i, cosine", feature="f_i", run="bnneck", claim="up", paper=_paper(94.1, 85.7, 86.2, 75.9)),
    ),
    changes=_BNNECK,
    clustering=True,
    over="without BNNeck, Euclidean",
    **_BASELINE,
)

CENTER_LOSS = Table(
    "center_loss",
    "Luo et al., TMM 2019, Table V and Fig. 10: what center loss adds",
    rows=(
        # The last two rows of Table 1, which differ only by center loss.
        Row("without center loss", paper=_paper(94.1, 85.7, 86.2, 75.9)),
        Row("center loss, weight 0.0005", ("center_weight=0.0005",), paper=_paper(94.5, 85.9, 86.4, 76.4)),
    ),
    changes=_BNNECK,
    clustering=True,
    **_BASELINE,
)

CROSS_DOMAIN = Table(
    "cross_domain",
    "Luo et al., CVPRW 2019, Table 3: the tricks on an unseen data set",
    rows=(
        Row("standard baseline"),
        Row("+ warm-up", _WARMUP),
        Row("+ random erasing", _ERASING, claim="down"),
        Row("+ label smoothing", _SMOOTHING),
        Row("+ last stride 1", _STRIDE),
        Row("+ BNNeck", _BNNECK),
        Row("+ center loss", _CENTER),
        Row("- random erasing", (*_CENTER, "random_erasing=0"), claim="up"),
    ),
    cross=True,
    **_BASELINE,
)

BACKBONES = Table(
    "backbones",
    "Luo et al., TMM 2019, Table IX: all tricks on other backbones",
    rows=(
        Row("ResNet18", ("model=bnneck_resnet18",), paper=_paper(91.7, 77.8, 82.5, 68.8)),
        Row("ResNet34", ("model=bnneck_resnet34",), paper=_paper(92.7, 82.7, 86.4, 73.6)),
        Row("ResNet50", paper=_paper(94.5, 85.9, 86.4, 76.4)),
        Row("ResNet101", ("model=bnneck_resnet101",), paper=_paper(94.5, 87.1, 87.6, 77.6)),
        Row("SeResNet50", ("model=bnneck_seresnet50",), paper=_paper(94.4, 86.3, 86.4, 76.5)),
        Row("SeResNet101", ("model=bnneck_seresnet101",), paper=_paper(94.6, 87.3, 87.5, 78.0)),
        Row("SeResNeXt50", ("model=bnneck_seresnext50",), paper=_paper(94.9, 87.6, 88.0, 78.3)),
        Row("SeResNeXt101", ("model=bnneck_seresnext101",), paper=_paper(95.0, 88.0, 88.4, 79.0)),
        Row("IBN-Net50-a", ("model=bnneck_resnet50_ibn_a",), paper=_paper(95.0, 88.2, 90.1, 79.1)),
        Row("IBN-Net50-b", ("model=bnneck_resnet50_ibn_b",)),
    ),
    changes=_CENTER,
    over="ResNet50",
    recipe="standard_baseline",
    size=(256, 128),
    small=_SMALL,
)

BATCH_SIZE = Table(
    "batch_size",
    "Luo et al., CVPRW 2019, Table 5: identities x images of a batch",
    rows=tuple(
        Row(f"{p} x {k}", (f"identities_per_batch={p}", f"images_per_identity={k}"))
        for p, ks in ((8, (3, 4, 6, 8)), (16, (3, 4, 6, 8)), (32, (3, 4)))
        for k in ks
    ),
    changes=_BNNECK,
    over="16 x 4",
    **_BASELINE,
)

IMAGE_SIZE = Table(
    "image_size",
    "Luo et al., CVPRW 2019, Table 6: height x width of the images",
    rows=tuple(
        Row(f"{height} x {width}", size=(height, width)) for height, width in ((256, 128), (224, 224), (384, 128), (384, 192))
    ),
    changes=_BNNECK,
    over="256 x 128",
    **_BASELINE,
)

_ROBUST: dict[str, Any] = {"size": (160, 64)}
_ROBUST_SMALL = ("precision=bf16", "learning_rate=0.003")
_HACNN_PIECES = ("options.blocks=inception", "options.pool=average", "options.head=none")

ROBUST_ABLATION = Table(
    "robust_ablation",
    "Lawen et al. 2019, Table 2: from the pieces of HA-CNN to those of Robust-ReID",
    rows=(
        Row("inception blocks, average pooling, no L2", _HACNN_PIECES),
        Row("+ shuffle blocks", _HACNN_PIECES[1:], claim="up"),
        Row("+ GeM pooling", _HACNN_PIECES[2:], claim="up"),
        Row("+ L2 normalisation: robust", claim="up"),
        Row("BNNeck in place of L2", ("options.head=bnneck",), over="+ L2 normalisation: robust", claim="down"),
        Row("max pooling in place of GeM", ("options.pool=max",), over="+ L2 normalisation: robust", claim="down"),
        Row("2x: robust_2x", ("model=robust_2x",), over="+ L2 normalisation: robust"),
    ),
    recipe="robust_no_swag",
    small=(*_ROBUST_SMALL, *_COSINE),
    **_ROBUST,
)

SWAG = Table(
    "swag",
    "Lawen et al. 2019, Table 3: weights averaged over the ends of cosine cycles",
    rows=(
        Row("last weights", ("average=none",)),
        Row("SWA", run="swag", claim="up"),
        Row("SWAG, descriptors averaged", feature="sampled", run="swag", over="last weights", claim="up"),
    ),
    recipe="robust_paper",
    small=_ROBUST_SMALL,
    **_ROBUST,
)

TABLES = {
    table.name: table
    for table in (
        BAG_OF_TRICKS,
        NECKS,
        BNNECK_METRICS,
        CENTER_LOSS,
        CROSS_DOMAIN,
        BACKBONES,
        BATCH_SIZE,
        IMAGE_SIZE,
        ROBUST_ABLATION,
        SWAG,
        DISTILLATION,
        BACKGROUNDS,
        PARSING,
        spreid.RESOLUTION,
        spreid.BACKBONES,
        spreid.REGIONS,
        spreid.SHARING,
        STATE_OF_THE_ART,
    )
}


def find_table(name: str) -> Table:
    """The table called `name`. Raises InputError for an unknown name, listing the known ones."""
    if name not in TABLES:
        raise InputError(f"unknown table {name}; choose from {', '.join(TABLES)}")
    return TABLES[name]
