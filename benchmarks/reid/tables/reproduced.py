"""Tables VI and VIII of Luo et al., TMM 2019: the baselines of others, and methods of others on the strong baseline."""

from typing import Any

from benchmarks.reid.printed import figures
from benchmarks.reid.table import Row, Table
from benchmarks.reid.tables.luo import BASELINE, BNNECK, CENTER, F_I, STRIDE, F

_PAPER = figures("tmm_8", "method")
_PLAIN = "without BNNeck (Table IV)"


def _method(name: str, printed: str, network: str, **more: Any) -> Row:
    """The `network` of others by the recipe of its name, and over ResNet18 at the small scale."""
    small = f"model={network}", "options.backbone=resnet18"
    return Row(name, recipe=network, small=small, over=(_PLAIN, "Baseline2"), paper=_PAPER[printed], **more)


_BASELINES = figures("tmm_6", "baseline")
_PLAIN_TRAINING = ("warmup_epochs=0", "random_erasing=0", "label_smoothing=0")
BASELINES = Table(
    "baselines",
    "Luo et al., TMM 2019, Table VI: baselines, by their losses in the training of the standard baseline",
    rows=(
        Row("IDE", recipe="ide", paper=_BASELINES["IDE [8]"], **F),
        Row("TriNet", recipe="trinet", paper=_BASELINES["TriNet [49]"], **F),
        # At the small scale, where batch-hard triplets collapse, TriNet has AWTL's pairs, and the two differ by the margin.
        Row("AWTL", recipe="awtl", small=("triplet_margin=0.3",), paper=_BASELINES["AWTL [50]"], **F),
        Row("GP", recipe="gp", paper=_BASELINES["GP [9]"], **F_I),
        Row(
            "PCB",
            (*_PLAIN_TRAINING, "options.neck=none", "options.test_feature=g", "triplet_weight=0"),
            recipe="pcb",
            size=(384, 128),
            small=("model=pcb", "options.backbone=resnet18"),
            paper=_BASELINES["PCB [5]"],
        ),
        Row("Our", CENTER, paper=_BASELINES["Our"], **F_I),
    ),
    over="Our",
    **BASELINE,
)

REPRODUCED = Table(
    "reproduced",
    "Luo et al., TMM 2019, Table VIII: methods of others on the strong baseline",
    rows=(
        Row(_PLAIN, STRIDE, paper=figures("tmm_4", "feature")["f (w/o BNNeck)"], **F),
        Row("Baseline1", (*BNNECK, "options.neck=bnneck1"), paper=_PAPER["Baseline1"], **F_I),
        Row("Baseline2", BNNECK, over=_PLAIN, paper=_PAPER["Baseline2"], **F_I),
        Row("Baseline3", CENTER, over="Baseline2", paper=_PAPER["Baseline3"], **F_I),
        Row(
            "k-reciprocal",
            CENTER,
            run="baseline3",
            rerank=True,
            over="Baseline3",
            paper=_PAPER["k-reciprocal [9]"],
            **F_I,
        ),
        _method("PCB", "PCB [5]", "pcb", size=(384, 128)),
        _method("AlignedReID++", "AligedReID++ [3]", "alignedreid", distance="aligned"),
        Row("CamStyle", recipe="camstyle", over=(_PLAIN, "Baseline1"), paper=_PAPER["CamStyle [31]"], **F_I),
        _method("MGN", "MGN [16]", "mgn", size=(384, 128)),
    ),
    **BASELINE,
)
