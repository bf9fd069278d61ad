"""A table as data: the recipe of each row, its evaluation, and the row it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MARKET, CUHK03, DUKE = "Market-1501", "CUHK03", "DukeMTMC-reID"

Feature = Literal["test", "f_t", "f_i", "sampled"]
Distance = Literal["cosine", "euclidean"]


@dataclass(frozen=True)
class Row:
    """One line of a table.

    changes: to the table's recipe, on top of those of the table, each `key=value`. size: height and width of the images, if not
    the table's. feature: "test" for the network's unit rows, "f_t" and "f_i" for those before and after BNNeck, "sampled" for
    unit rows averaged over networks sampled from SWAG. run: name of the training run, for rows that evaluate one network in
    several ways or appear twice in the table; else each row trains its own. teachers: the number of the recipe's teachers to use,
    from the first; None: all. over: name of the row to compare with, if not the table's rule. paper: the published figures by
    data set and measure, in per cent, without those that are not printed. claim: the paper's conclusion about the step if its
    figures are unavailable: it keeps the better.
    """

    name: str
    changes: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    feature: Feature = "test"
    distance: Distance = "cosine"
    run: str | None = None
    teachers: int | None = None
    over: str | None = None
    paper: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    claim: Literal["up", "down"] | None = None


@dataclass(frozen=True)
class Table:
    """A table: its rows and common settings.

    recipe: the file in `configs/reid` to which `changes`, and then a row's own, are applied. size: height and width of the
    images, pixels. small: changes of `--scale small`, overridden by those of a row; this scale also multiplies the sides of the
    images by `small_sides` and trains on `small_identities` people (None: all). cross: evaluated on other data sets than trained
    on. measures: those that the paper prints, "rank-N" or "mAP", in its order. clustering: also show the figures of Luo et al.,
    TMM 2019, Fig. 10. over: name of the row to compare all others with; None: each with the row above it.
    """

    name: str
    title: str
    recipe: str
    size: tuple[int, int]
    rows: tuple[Row, ...]
    changes: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    small_sides: float = 0.5
    small_identities: int | None = None
    cross: bool = False
    measures: tuple[str, ...] = ("rank-1", "mAP")
    clustering: bool = False
    over: str | None = None

    def step_from(self, row: Row) -> Row | None:
        """The row that `row` is compared with; None for a starting row."""
        over, index = row.over or self.over, self.rows.index(row)
        if over is None:
            return self.rows[index - 1] if index else None
        return None if over == row.name else next(other for other in self.rows if other.name == over)

    @property
    def printed(self) -> list[tuple[str, str]]:
        """The columns of the paper's table, each a data set and a measure, but for those without any figure."""
        columns = [(name, measure) for name in (MARKET, CUHK03, DUKE) for measure in self.measures]
        return [(name, measure) for name, measure in columns if any(measure in row.paper.get(name, {}) for row in self.rows)]
