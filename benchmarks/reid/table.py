"""A table as data: the recipe of each row, its evaluation, and the row it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MARKET, CUHK03, DUKE, LIP = "Market-1501", "CUHK03", "DukeMTMC-reID", "LIP"
TO_DUKE, TO_MARKET = f"{MARKET} to {DUKE}", f"{DUKE} to {MARKET}"
REPORTED_MARKET, REPORTED_DUKE = f"reported {MARKET}", f"reported {DUKE}"  # by a method's authors, beside a reproduction
_SETS = MARKET, CUHK03, DUKE, LIP, TO_DUKE, TO_MARKET, REPORTED_MARKET, REPORTED_DUKE

Feature = Literal["test", "f_t", "f_i", "sampled", "unaveraged"]
Distance = Literal["cosine", "euclidean", "aligned"]


@dataclass(frozen=True)
class Row:
    """One line of a table.

    recipe: the file in `configs/reid`, if not the table's. changes: to the recipe, on top of those of the table, each
    `key=value`. size: height and width of the images, if not the table's. start: name of the row whose network this one starts
    from, to fine-tune it on the first data set alone. after: name of the row whose finished run this one goes on from, on the
    same data and with its classifiers, by the last stage of the recipe. join: names of the rows whose features this row joins,
    in place of a network of its own. run: name of the training run, for rows that evaluate one network in several ways or
    appear twice in the table; else each row trains its own. teachers: the number of the recipe's teachers to use, from the
    first; None: all. small: changes of `--scale small`, on top of those of the table.

    feature: "test" for the network's unit rows, "f_t" and "f_i" for those before and after BNNeck, "sampled" for unit rows
    averaged over networks sampled from SWAG, "unaveraged" for those of a run's last weights, before it averages them. distance:
    "aligned" adds that of stripes along the shortest path, of a network that has them. rerank: by k-reciprocal neighbours.
    over: name of the row to compare with, or names of several, if not the table's rule. paper: the published figures by data
    set and measure, in per cent, without those that are not printed. printed: another method, of which there are only these
    figures.
    """

    name: str
    changes: tuple[str, ...] = ()
    recipe: str | None = None
    size: tuple[int, int] | None = None
    start: str | None = None
    after: str | None = None
    join: tuple[str, ...] = ()
    run: str | None = None
    teachers: int | None = None
    small: tuple[str, ...] = ()
    feature: Feature = "test"
    distance: Distance = "cosine"
    rerank: bool = False
    over: str | tuple[str, ...] | None = None
    paper: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    printed: bool = False


@dataclass(frozen=True)
class Table:
    """A table: its rows and common settings.

    recipe: the file in `configs/reid` to which `changes`, and then a row's own, are applied. size: height and width of the
    images, pixels; None: those of the recipe. parts: rows that the paper does not show, from which others start or which they
    join. runs: the folder beside the table's own of training runs that it shares with other tables; None: its own.

    small: changes of `--scale small`, overridden by those of a row; this scale also uses `small_recipes` in place of the files
    that it maps, multiplies the height and width of images given here by `small_sides` and trains on `small_identities` people
    (None: all). cross: evaluated on another data set than trained on; of two, in both directions. parses: of parsers, on images
    with masks. measures: those that the paper prints, in its order; of embeddings "rank-N" or "mAP". clustering: also show the
    figures of Luo et al., TMM 2019, Fig. 10, of which a paper may print "R"; no row may join others. over: name of the row to
    compare all others with; None: each with the row above it.
    """

    name: str
    title: str
    recipe: str
    rows: tuple[Row, ...]
    size: tuple[int, int] | None = None
    changes: tuple[str, ...] = ()
    parts: tuple[Row, ...] = ()
    runs: str | None = None
    small: tuple[str, ...] = ()
    small_recipes: Mapping[str, str] = field(default_factory=dict)
    small_sides: tuple[float, float] = (0.5, 0.5)
    small_identities: int | None = None
    cross: bool = False
    parses: bool = False
    measures: tuple[str, ...] = ("rank-1", "mAP")
    clustering: bool = False
    over: str | None = None

    def find(self, name: str) -> Row:
        """The row or part called `name`."""
        return next(row for row in (*self.rows, *self.parts) if row.name == name)

    def steps_from(self, row: Row) -> list[Row]:
        """The rows that `row` is compared with; none for a starting row and for other methods."""
        over, index = row.over or self.over, self.rows.index(row)
        if row.printed:
            return []
        if over is None:
            return list(self.rows[max(index - 1, 0) : index])
        return [self.find(name) for name in ((over,) if isinstance(over, str) else over) if name != row.name]

    @property
    def measured(self) -> list[Row]:
        """The rows that are ours to measure."""
        return [row for row in self.rows if not row.printed]

    @property
    def trained(self) -> list[Row]:
        """The rows and parts that have a network of their own."""
        return [row for row in (*self.measured, *self.parts) if not row.join]

    @property
    def columns(self) -> list[tuple[str, str]]:
        """The columns of the paper's table, each a data set and a measure, but for those without any figure."""
        columns = [(name, measure) for name in _SETS for measure in (*self.measures, "R")]
        return [(name, measure) for name, measure in columns if any(measure in row.paper.get(name, {}) for row in self.rows)]

    @property
    def compared(self) -> tuple[str, ...]:
        """The measures by which rows are compared: those that the paper prints."""
        return (*self.measures, *({"R"} & {measure for _, measure in self.columns}))
