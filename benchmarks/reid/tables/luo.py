"""The tables of Luo et al.: "Bag of Tricks", CVPRW 2019, and "A Strong Baseline and BNNeck", TMM 2019.

Where a distance is not printed, it is that of the row of TMM's Table IV with the same figures: Euclidean on f before BNNeck and
on f_t, cosine on f_i, but Euclidean on f_i in CVPRW's Tables 5 and 6.
"""

from typing import Any

from benchmarks.reid.printed import Figures, figures
from benchmarks.reid.table import Row, Table

_WARMUP = ("warmup_epochs=10",)
_ERASING = (*_WARMUP, "random_erasing=0.5")
_SMOOTHING = (*_ERASING, "label_smoothing=0.1")
STRIDE = (*_SMOOTHING, "options.last_stride=1")
BNNECK = (*STRIDE, "options.neck=bnneck")
CENTER = (*BNNECK, "center_weight=0.0005")

# From scratch, with a learning rate that makes progress in a few hundred steps, along a cosine: the papers' steps, shrunk with
# the epochs, would leave two thirds of them at a tenth of the rate or less, too low for such a short run.
_COSINE = ("schedule=cycles", "cycle_epochs=120")
# Soft triplets, since batch-hard ones collapse all features to one point there, in every row without BNNeck.
SMALL = (
    "backbone_weights=none",
    "precision=bf16",
    "learning_rate=0.001",
    "triplet=soft",
    "triplet_margin=null",
    *_COSINE,
)
BASELINE: dict[str, Any] = {
    "recipe": "standard_baseline",
    "size": (256, 128),
    "small": ("model=bnneck_resnet18", *SMALL),
    # 18 epochs of a row take four minutes on one core, so that all rows of a table can be trained for several seeds.
    "small_sides": (0.25, 0.25),
    "small_identities": 300,
}

F: dict[str, Any] = {"feature": "f_t", "distance": "euclidean"}  # f without BNNeck, and f_t
F_I: dict[str, Any] = {"feature": "f_i", "distance": "cosine"}
_F_I_EUCLIDEAN: dict[str, Any] = {"feature": "f_i", "distance": "euclidean"}


def _tricks(table: str) -> tuple[Row, ...]:
    """One trick after the other, with the figures of the printed `table`."""
    paper = figures(table, "model")
    first = next(iter(paper))
    return (
        Row("standard baseline", paper=paper[first], **F),
        Row("+ warm-up", _WARMUP, paper=paper["+warmup"], **F),
        Row("+ random erasing", _ERASING, paper=paper["+REA"], **F),
        Row("+ label smoothing", _SMOOTHING, paper=paper["+LS"], **F),
        Row("+ last stride 1", STRIDE, paper=paper["+stride=1"], **F),
        Row("+ BNNeck", BNNECK, paper=paper["+BNNeck"], **F_I),
        Row("+ center loss", CENTER, paper=paper["+center loss"], **F_I),
    )


BAG_OF_TRICKS = Table(
    "bag_of_tricks", "Luo et al., CVPRW 2019, Table 1: one trick after the other", rows=_tricks("cvprw_1"), **BASELINE
)

_WITHOUT_ERASING = Row("- random erasing", (*CENTER, "random_erasing=0"), paper=figures("cvprw_3", "model")["-REA"], **F_I)

CROSS_DOMAIN = Table(
    "cross_domain",
    "Luo et al., CVPRW 2019, Table 3: the tricks on an unseen data set",
    rows=(*_tricks("cvprw_3"), _WITHOUT_ERASING),
    cross=True,
    **BASELINE,
)

_NECKS = figures("tmm_3", "feature", "neck")
# No distance is printed for Neck1, Neck2 and BNNeck1 to 3: those of the other rows with the same feature.
NECKS = Table(
    "necks",
    "Luo et al., TMM 2019, Table III and Fig. 10: the necks of Fig. 8",
    rows=(
        *(Row(neck, (f"options.neck={neck.lower()}",), paper=_NECKS["f", neck], **F) for neck in ("Neck1", "Neck2", "Neck3")),
        *(
            Row(neck, (f"options.neck={neck.lower()}",), paper=_NECKS["f_i", neck], **F_I)
            for neck in ("BNNeck1", "BNNeck2", "BNNeck3")
        ),
        Row("BNNeck, f_t", run="bnneck", paper=_NECKS["f_t", "BNNeck"], **F),
        Row("BNNeck, f_i", run="bnneck", paper=_NECKS["f_i", "BNNeck"], **F_I),
    ),
    changes=BNNECK,
    clustering=True,
    over="BNNeck, f_i",
    **BASELINE,
)

_METRICS = figures("cvprw_2", "feature", "metric")
BNNECK_METRICS = Table(
    "bnneck_metrics",
    "Luo et al., CVPRW 2019, Table 2: the two features of BNNeck under two distances",
    rows=(
        Row(
            "without BNNeck, Euclidean",
            ("options.neck=neck3",),
            run="without_bnneck",
            paper=_METRICS["f (w/o BNNeck)", "Euclidean"],
            **F,
        ),
        Row("f_t, Euclidean", run="bnneck", paper=_METRICS["f_t", "Euclidean"], **F),
        Row("f_t, cosine", run="bnneck", paper=_METRICS["f_t", "Cosine"], feature="f_t"),
        Row("f_i, Euclidean", run="bnneck", paper=_METRICS["f_i", "Euclidean"], **_F_I_EUCLIDEAN),
        Row("f_i, cosine", run="bnneck", paper=_METRICS["f_i", "Cosine"], **F_I),
    ),
    changes=BNNECK,
    clustering=True,
    over="without BNNeck, Euclidean",
    **BASELINE,
)


def _beta(feature: str, beta: float, paper: Figures) -> Row:
    """A row of TMM's Table V; the two of one weight measure one network."""
    how = F if feature == "f_t" else F_I
    name, over = (f"{feature}, beta {each:g}" for each in (beta, 0))
    return Row(name, (f"center_weight={beta}",), run=f"beta_{beta:g}", over=over, paper=paper, **how)


CENTER_LOSS = Table(
    "center_loss",
    "Luo et al., TMM 2019, Table V and Fig. 10: weights of center loss",
    rows=tuple(_beta(feature, beta, paper) for (feature, beta), paper in figures("tmm_5", "feature", "beta").items()),
    changes=BNNECK,
    clustering=True,
    **BASELINE,
)

_BACKBONES = {
    "ResNet18": "resnet18",
    "ResNet34": "resnet34",
    "ResNet50": "resnet50",
    "ResNet101": "resnet101",
    "SeResNet50": "seresnet50",
    "SeResNet101": "seresnet101",
    "SeResNeXt50": "seresnext50",
    "SeResNeXt101": "seresnext101",
    "IBN-Net50-a": "resnet50_ibn_a",
    "IBN-Net50-b": "resnet50_ibn_b",
}
_ON_BACKBONES: dict[str, Any] = {**BASELINE, "small": SMALL}


def _backbones(table: str) -> tuple[Row, ...]:
    paper = figures(table, "backbone")
    return tuple(Row(name, (f"model=bnneck_{_BACKBONES[name]}",), paper=paper[name], **F_I) for name in paper)


BACKBONES = Table(
    "backbones",
    "Luo et al., TMM 2019, Table IX: all tricks on other backbones",
    rows=_backbones("tmm_9"),
    changes=CENTER,
    over="ResNet50",
    **_ON_BACKBONES,
)

# The text names no recipe. IBN-Net50-a is near to "- random erasing" of Table II, and far from "+ center loss".
IBN_CROSS_DOMAIN = Table(
    "ibn_cross_domain",
    "Luo et al., TMM 2019, sec. IV-H: IBN-Nets on an unseen data set, without random erasing",
    rows=_backbones("tmm_ibn_cross"),
    changes=_WITHOUT_ERASING.changes,
    cross=True,
    **_ON_BACKBONES,
)


def _sizes(table: str, key: str) -> list[tuple[tuple[int, int], Figures]]:
    """The rows of a printed table whose cells `key` are two numbers, "A x B": these, and the figures."""
    found = ((name.split(" x "), paper) for name, paper in figures(table, key).items())
    return [((int(one), int(other)), paper) for (one, other), paper in found]


BATCH_SIZE = Table(
    "batch_size",
    "Luo et al., CVPRW 2019, Table 5: identities x images of a batch",
    rows=tuple(
        Row(f"{p} x {k}", (f"identities_per_batch={p}", f"images_per_identity={k}"), paper=paper, **_F_I_EUCLIDEAN)
        for (p, k), paper in _sizes("cvprw_5", "p_x_k")
    ),
    changes=BNNECK,
    over="16 x 4",
    **BASELINE,
)

IMAGE_SIZE = Table(
    "image_size",
    "Luo et al., CVPRW 2019, Table 6: height x width of the images",
    rows=tuple(
        Row(f"{height} x {width}", size=(height, width), paper=paper, **_F_I_EUCLIDEAN)
        for (height, width), paper in _sizes("cvprw_6", "image_size")
    ),
    changes=BNNECK,
    over="256 x 128",
    **BASELINE,
)
