"""The recipe of a row: that of its table with the row's changes, reduced as a run asks."""

from dataclasses import dataclass, replace

import configs
from benchmarks.reid.table import Row, Table
from reid.appearance import find_source
from reid.common.errors import InputError
from reid.parsing.parser import find_parser
from reid.training.recipe import Recipe, read_recipe


@dataclass(frozen=True)
class Reduction:
    """How a run is reduced from the paper's: `epochs` in place of the recipe's, `small` for the table's small scale.

    changes: to the recipe of every row, each `key=value`; they override those of `small`, and the row's own override them.
    """

    epochs: int | None = None
    small: bool = False
    changes: tuple[str, ...] = ()


def row_recipe(table: Table, row: Row, reduction: Reduction) -> Recipe:
    """The recipe of a row. With fewer epochs, all settings in epochs shrink proportionally, and on smaller images the padding.

    That of a row which goes on from another has neither `start`, which only a run can tell, nor initial weights of parts. The
    epochs of a row `after` another, of the last stage of its recipe, shrink as those of the other, to as many cycles as before.
    """
    recipe = _whole(table, row, reduction)
    if reduction.epochs is None:
        return recipe
    if recipe.iterations:
        return replace(recipe, epochs=reduction.epochs, iterations=0)
    first = _whole(table, table.find(row.after), reduction) if row.after else recipe
    share = reduction.epochs / first.epochs
    cycle = max(1, round(recipe.cycle_epochs * share))
    epochs = cycle * round(recipe.epochs / recipe.cycle_epochs) if row.after else reduction.epochs
    return replace(
        recipe,
        epochs=epochs,
        warmup_epochs=recipe.warmup_epochs * share,
        step_epochs=tuple(epoch * share for epoch in recipe.step_epochs),
        cycle_epochs=cycle,
        early_epochs=round(recipe.early_epochs * share),
        average_epochs=recipe.average_epochs * epochs / recipe.epochs,
    )


def _whole(table: Table, row: Row, reduction: Reduction) -> Recipe:
    """The recipe of a row with all its epochs."""
    small = (*table.small, *row.small) if reduction.small else ()
    changes = [*table.changes, *small, *reduction.changes, *row.changes]
    file = row.recipe or table.recipe
    recipe = read_recipe(configs.path("reid", table.small_recipes.get(file, file) if reduction.small else file), changes)
    if row.after:
        recipe = replace(recipe.staged()[-1], stages=())
    if size := row.size or table.size:
        if {"height", "width"} & {change.partition("=")[0] for change in reduction.changes}:
            raise InputError(f"height, width: the rows of {table.name} have sizes of their own, which --scale small reduces")
        padding = recipe.padding
        if reduction.small:
            whole = (recipe.height if file in table.small_recipes else 0) or size[0]  # what the padding is for
            size = _shrunk(size, table.small_sides)
            padding = int(padding * size[0] / whole + 0.5)
        recipe = replace(recipe, height=size[0], width=size[1], padding=padding)
    if row.start or row.after:
        recipe = replace(recipe, start="none", backbone_weights="none", parser_weights="none")
    return replace(recipe, teacher=recipe.teacher[: row.teachers])


def without_copies(table: Table) -> Table:
    """`table` for a run without styled copies: rows that learn from them are only printed, if there are other rows."""
    needing = {row.name for row in table.measured if not row.join and row_recipe(table, row, Reduction()).styled_per_batch}
    if len(needing) == len(table.measured):
        return table
    return replace(table, rows=tuple(replace(row, printed=row.printed or row.name in needing) for row in table.rows))


def networks(recipe: Recipe) -> dict[str, str]:
    """The hash of each network that `recipe` starts from, learns from or sees people with, by file or name.

    Raises InputError, naming the recipe's key, for a file that is missing or not a network.
    """
    found: dict[str, str] = {}
    keys = {"start": [recipe.start], "teacher": recipe.teacher}
    parsed = {"parser_weights": [recipe.parser_weights], "outlines": [recipe.outlines]}
    for key, files in {**keys, **parsed}.items():
        find = find_parser if key in parsed else find_source
        try:
            found |= {file: find(file).hash for file in files if file not in ("none", "average")}
        except InputError as error:
            raise InputError(f"{key}: {error}") from None
    return found


def _shrunk(size: tuple[int, int], sides: tuple[float, float]) -> tuple[int, int]:
    """Height and width multiplied by `sides`, as the nearest multiples of 8."""
    height, width = (max(8, round(side * by / 8) * 8) for side, by in zip(size, sides, strict=True))
    return height, width
