"""Table VIII of Luo et al., TMM 2019: methods of others on the strong baseline, beside what their authors reported."""

from benchmarks.reid.printed import figures
from benchmarks.reid.table import Row, Table
from benchmarks.reid.tables.luo import BASELINE, BNNECK, CENTER, F_I, STRIDE, F

_PAPER = figures("tmm_8", "method")
_BASELINES = ("without BNNeck (Table IV)", "Baseline2")

REPRODUCED = Table(
    "reproduced",
    "Luo et al., TMM 2019, Table VIII: methods of others on the strong baseline",
    rows=(
        Row("without BNNeck (Table IV)", STRIDE, paper=figures("tmm_4", "feature")["f (w/o BNNeck)"], **F),
        Row("Baseline1", (*BNNECK, "options.neck=bnneck1"), paper=_PAPER["Baseline1"], **F_I),
        Row("Baseline2", BNNECK, over=_BASELINES, paper=_PAPER["Baseline2"], **F_I),
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
        Row("PCB", paper=_PAPER["PCB [5]"], printed=True),
        Row("AlignedReID++", paper=_PAPER["AligedReID++ [3]"], printed=True),
        Row("CamStyle", paper=_PAPER["CamStyle [31]"], printed=True),
        Row("MGN", paper=_PAPER["MGN [16]"], printed=True),
    ),
    **BASELINE,
)
