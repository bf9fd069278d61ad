"""The steps from one row of a table to another: the direction of ours and of the paper's, and whether they agree."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean, stdev

from benchmarks.reid.table import Row, Table

COLLAPSED = 0.99  # mean cosine of two images above which the features count as collapsed to one point


@dataclass(frozen=True)
class Step:
    """The change of `measure` on the data set `on` from the row `over` to `row`, in per cent, as is that of the ratio R.

    `ours` is the measured change, its mean over the seeds of both rows; `spread` is its standard deviation over them, or None for
    a single seed; `paper` has the published changes by data set, or is empty. `verdict` is "agrees" or "disagrees"; "mixed" if
    the paper's data sets disagree, "unknown" without figures, "collapsed" if the features of one of the rows have collapsed, so
    its measures are chance.
    """

    row: str
    over: str
    on: str
    measure: str
    ours: float
    spread: float | None
    paper: dict[str, float]
    verdict: str


def compare_steps(table: Table, runs: dict[str, dict[int, dict]]) -> list[Step]:
    """The steps between rows of `table` that share a seed; `runs` has the results by row and seed.

    Only equal seeds are compared, since an interrupted table has more seeds of some rows than of others.
    """
    pairs = [(row, over) for row in table.rows for over in table.steps_from(row)]
    return [step for row, over in pairs for step in _steps(table, row, over, runs)]


def _steps(table: Table, row: Row, over: Row, runs: dict[str, dict[int, dict]]) -> Iterator[Step]:
    ours, before = (runs.get(each.name, {}) for each in (row, over))
    seeds = [seed for seed in ours if seed in before]
    for on in ours[seeds[0]]["scores"] if seeds else ():
        pairs = [(ours[seed]["scores"][on], before[seed]["scores"][on]) for seed in seeds]
        for measure in table.compared:
            key = {"R": "clustering_ratio"}.get(measure, measure)
            known = [(scores[key], others[key]) for scores, others in pairs if None not in (scores[key], others[key])]
            if not known:
                continue
            changes = [100 * (score - other) for score, other in known]
            paper = _published(row, over, measure)
            verdict = _verdict(fmean(changes), list(paper.values()))
            if any(has_collapsed(scores) for pair in pairs for scores in pair):
                verdict = "collapsed"
            spread = stdev(changes) if len(changes) > 1 else None
            yield Step(row.name, over.name, on, measure, fmean(changes), spread, paper, verdict)


def _published(row: Row, over: Row, measure: str) -> dict[str, float]:
    """The paper's change of `measure` from `over` to `row`, by the data sets for which it prints both."""
    figures = {name: (row.paper[name].get(measure), over.paper[name].get(measure)) for name in row.paper if name in over.paper}
    scale = 100 if measure == "R" else 1  # alone not in per cent
    pairs = {name: (ours, other) for name, (ours, other) in figures.items() if ours is not None and other is not None}
    return {name: round(scale * (ours - other), 2) for name, (ours, other) in pairs.items()}


def has_collapsed(scores: dict) -> bool:
    """Whether the features of a row have collapsed, by their `mean_cosine` on one data set; a parser has none."""
    return scores.get("mean_cosine", 0.0) > COLLAPSED


def _verdict(ours: float, paper: list[float]) -> str:
    directions = {_sign(change) for change in paper}
    if len(directions) != 1:
        return "mixed" if directions else "unknown"
    return "agrees" if _sign(ours) in directions else "disagrees"


def _sign(change: float) -> int:
    return (change > 0) - (change < 0)
