"""Tables 2 and 3 of Lawen et al., "Compact Network Training for Person ReID", arXiv 1910.07038; they share their networks."""

from typing import Any

from benchmarks.reid.printed import figures
from benchmarks.reid.table import Row, Table

_HACNN_PIECES = (
    "options.blocks=inception",
    "options.pool=average",
    "options.head=none",
    "options.relu=true",
    "options.logit_scale=1",
)
_NO_TRICKS = ("warmup_epochs=0", "random_erasing=0", "label_smoothing=0")
_ID_ALONE = ("triplet_weight=0",)
_2X = ("model=robust_2x",)
_PLAIN = ("options.blocks=inception", "options.pool=average")  # without GeM and Shuffle blocks
_SWAG = "robust_paper"  # of which a row that goes on from another takes the last stage

# The recipe in proportion: the rate is at its peak for .43 of the epochs. But AdamW as in robust.yaml, since SGD's 3e-2 takes
# tens of thousands of steps to converge, and a small run has some hundreds.
_ROBUST: dict[str, Any] = {
    "recipe": "robust_no_swag",
    "size": (160, 64),
    "runs": "robust",
    "small": ("precision=bf16", "optimiser=adamw", "learning_rate=0.003", "weight_decay=0.02"),
    "small_sides": (0.3, 0.375),
    "small_identities": 100,
}

_ABLATION = figures("lawen_2", "column")
# The classifier of the first row has no bias, as those of all rows; in print, its removal is one of the tricks of a.
ROBUST_ABLATION = Table(
    "robust_ablation",
    "Lawen et al. 2019, Table 2: from HA-CNN to Robust-ReID",
    rows=(
        Row("HA-CNN", (*_HACNN_PIECES, *_NO_TRICKS, *_ID_ALONE), paper=_ABLATION["HA-CNN [11]"]),
        Row("a: bag of tricks", (*_HACNN_PIECES, *_ID_ALONE), paper=_ABLATION["a"]),
        Row("b: h without L2 normalisation", (*_2X, "options.head=none"), run="b", over="h: without SWAG", paper=_ABLATION["b"]),
        Row("c: h without Shuffle blocks", (*_2X, _PLAIN[0]), run="c", over="h: without SWAG", paper=_ABLATION["c"]),
        Row("d: h without soft margin", (*_2X, "triplet_margin=0.3"), run="d", over="h: without SWAG", paper=_ABLATION["d"]),
        Row("e: h without GeM", (*_2X, _PLAIN[1]), run="e", over="h: without SWAG", paper=_ABLATION["e"]),
        Row("f: h, not deeper and wider", run="f", over="h: without SWAG", paper=_ABLATION["f"]),
        Row(
            "g: f with SWAG",
            recipe=_SWAG,
            after="f: h, not deeper and wider",
            run="g",
            feature="sampled",
            over="f: h, not deeper and wider",
            paper=_ABLATION["g"],
        ),
        Row("h: without SWAG", _2X, run="h", over="a: bag of tricks", paper=_ABLATION["h"]),
        Row(
            "Robust-ReID",
            _2X,
            recipe=_SWAG,
            after="h: without SWAG",
            feature="sampled",
            over="h: without SWAG",
            paper=_ABLATION["Robust-ReID"],
        ),
    ),
    **_ROBUST,
)

_UPDATES = figures("lawen_3", "setup", "update")


def _setup(number: int, changes: tuple[str, ...], run: str, cycles: str) -> tuple[Row, ...]:
    """The rows of one setup: the converged `run`, and that of the `cycles` on top of it, by its last weights and averaged."""
    name = f"setup {number}"
    return (
        Row(name, changes, run=run, over=name, paper=_UPDATES[number, "-"]),
        Row(
            f"{name} + LR scheme",
            changes,
            recipe=_SWAG,
            after=name,
            run=cycles,
            feature="unaveraged",
            over=name,
            paper=_UPDATES[number, "+LR Scheme"],
        ),
        Row(
            f"{name} + SWAG",
            changes,
            recipe=_SWAG,
            after=name,
            run=cycles,
            feature="sampled",
            over=f"{name} + LR scheme",
            paper=_UPDATES[number, "+SWAG"],
        ),
    )


SWAG = Table(
    "swag",
    "Lawen et al. 2019, Table 3: cosine cycles on top of a converged run, and SWAG over their ends",
    rows=(
        *_setup(1, _PLAIN, "setup_1", "setup_1_cycles"),
        *_setup(2, (), "f", "g"),
        *_setup(3, _2X, "h", "robust_reid"),
    ),
    **_ROBUST,
)
