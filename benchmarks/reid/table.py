"""A table as data: which recipe each row trains, what is measured on it, and which row it is a step from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MARKET, DUKE = "Market-1501", "DukeMTMC-reID"

Feature = Literal["test", "f_t", "f_i", "sampled"]
Distance = Literal["cosine", "euclidean"]


@dataclass(frozen=True)
class Row:
    """One line of a table.

    changes: to the table's recipe, on top of those of the table, each `key=value`. size: height and width of the images, where
    they are not the table's. feature: "test" for the unit rows that the network gives, "f_t" and "f_i" for those before and after
    BNNeck, "sampled" for unit rows averaged over networks drawn from SWAG. run: name of the training run, for rows that measure
    one network in several ways or stand in two places of the table; else each row trains its own. teachers: how many of the
    recipe's teachers, from the first, it learns from; None: from all. over: name of the row that this one is a step from, where
    it is not the table's rule. paper: by data set, the printed rank-1 and mAP in per cent. claim: what the paper concludes about
    the step where its figures are not at hand: it keeps the better.
    """

    name: str
    changes: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    feature: Feature = "test"
    distance: Distance = "cosine"
    run: str | None = None
    teachers: int | None = None
    over: str | None = None
    paper: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    claim: Literal["up", "down"] | None = None


@dataclass(frozen=True)
class Table:
    """A table: its rows, and what they share.

    recipe: the file in `configs/reid` that `changes` and then a row's own are applied to. size: height and width of the images,
    pixels. small: changes of `--scale small`, below those of a row, which also multiplies the sides of the images by
    `small_sides` and trains on `small_identities` people (None: on all). cross: measured on other data sets than it is trained
    on. clustering: also show the figures of Luo et al., TMM 2019, Fig. 10. over: name of the row that all others are compared
    with; None: each with the row above it.
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
    clustering: bool = False
    over: str | None = None

    def step_from(self, row: Row) -> Row | None:
        """The row that `row` is a step from; None for one that is a start."""
        over, index = row.over or self.over, self.rows.index(row)
        if over is None:
            return self.rows[index - 1] if index else None
        return None if over == row.name else next(other for other in self.rows if other.name == over)

    @property
    def data_sets(self) -> list[str]:
        """The data sets that the paper has figures for in this table."""
        return [name for name in (MARKET, DUKE) if any(name in row.paper for row in self.rows)]
