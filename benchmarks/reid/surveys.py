"""Tables that compare the methods of others, which are printed as the papers print them, without a network of ours."""

from rich.console import Console
from rich.table import Table as Grid

from benchmarks.papers import Cell, printed

# The id in `papers.yaml`, and a title.
SURVEYS = {
    "state_of_the_art_cvprw": ("cvprw_4", "Luo et al., CVPRW 2019, Table 4: the state of the art; RK: k-reciprocal re-ranking"),
    "state_of_the_art_tmm": ("tmm_7", "Luo et al., TMM 2019, Table VII: the state of the art"),
    "state_of_the_art_lawen": ("lawen_4", "Lawen et al. 2019, Table 4: the state of the art"),
}
_HEADS = {"n_f": "features", "market_r1": "Market-1501 rank-1", "market_map": "Market-1501 mAP"}
_HEADS |= {"duke_r1": "DukeMTMC-reID rank-1", "duke_map": "DukeMTMC-reID mAP"}


def print_survey(name: str) -> None:
    """Print the survey `name`, a key of `SURVEYS`; a dash for what the paper does not print."""
    table, title = SURVEYS[name]
    survey = printed(table)
    grid = Grid(title=title)
    for column in survey.columns:
        grid.add_column(_HEADS.get(column, column), justify="right" if column in _HEADS else "left")
    for row in survey.rows:
        grid.add_row(*map(_cell, row.values()))
    Console(width=max(Console().width, 160)).print(grid)


def _cell(cell: Cell) -> str:
    return "-" if cell is None else str(cell)
