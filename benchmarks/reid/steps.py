"""The steps from one row of a table to another: which way ours goes, which way the paper's goes, and whether they agree."""

from dataclasses import dataclass
from statistics import fmean, stdev

from benchmarks.reid.table import Row, Table

MEASURES = ("rank-1", "mAP")
COLLAPSED = 0.99  # mean cosine of two images over which all features are one point, as far as ranking goes


@dataclass(frozen=True)
class Step:
    """What `row` changes in `measure` on the data set `on` over the row `over`, in per cent.

    `ours` is the change measured here, its mean over the seeds that both rows have; `spread` its standard deviation over them,
    None for a single one; `paper` the printed changes by data set, empty where no figures are at hand. `verdict` is "agrees" or
    "disagrees"; "mixed" where the paper's own data sets disagree, "unknown" where it is silent, "collapsed" where the features of
    one of the rows have, so that its measures are chance. `by` says what it was compared with: "figures" or, without them, the
    "text": the paper keeps the better of the two.
    """

    row: str
    over: str
    on: str
    measure: str
    ours: float
    spread: float | None
    paper: dict[str, float]
    verdict: str
    by: str


def compare_steps(table: Table, runs: dict[str, dict[int, dict]]) -> list[Step]:
    """The steps between those rows of `table` that have results of one seed in common; `runs` has them by row and seed.

    Each seed is compared with itself alone, since a table that was stopped has more seeds of some rows than of others.
    """
    steps = []
    for row in table.rows:
        over = table.step_from(row)
        if over is None:
            continue
        ours, before = (runs.get(each.name, {}) for each in (row, over))
        seeds = [seed for seed in ours if seed in before]
        if not seeds:
            continue
        common = [name for name in row.paper if name in over.paper]
        for on in ours[seeds[0]]["scores"]:
            pairs = [(ours[seed]["scores"][on], before[seed]["scores"][on]) for seed in seeds]
            for index, measure in enumerate(MEASURES):
                changes = [100 * (scores[measure] - others[measure]) for scores, others in pairs]
                paper = {name: round(row.paper[name][index] - over.paper[name][index], 1) for name in common}
                verdict, by = _verdict(fmean(changes), list(paper.values()), row)
                if any(has_collapsed(scores) for pair in pairs for scores in pair):
                    verdict = "collapsed"
                spread = stdev(changes) if len(changes) > 1 else None
                steps.append(Step(row.name, over.name, on, measure, fmean(changes), spread, paper, verdict, by))
    return steps


def has_collapsed(scores: dict) -> bool:
    """Whether the features of a row have collapsed, by their `mean_cosine` on one data set."""
    return scores["mean_cosine"] > COLLAPSED


def _verdict(ours: float, paper: list[float], row: Row) -> tuple[str, str]:
    by = "figures" if paper else "text" if row.claim else "nothing"
    directions = {_sign(change) for change in paper or [{"up": 1, "down": -1, None: 0}[row.claim]]}
    if by == "nothing":
        return "unknown", by
    if len(directions) > 1:
        return "mixed", by
    return ("agrees" if _sign(ours) in directions else "disagrees"), by


def _sign(change: float) -> int:
    return (change > 0) - (change < 0)
