"""The list of all tables."""

from benchmarks.reid.surveys import SURVEYS
from benchmarks.reid.table import Table
from benchmarks.reid.tables import lawen, luo, spreid
from benchmarks.reid.tables.backgrounds import BACKGROUNDS
from benchmarks.reid.tables.distillation import DISTILLATION
from benchmarks.reid.tables.reproduced import BASELINES, REPRODUCED
from reid.common.errors import InputError

TABLES = {
    table.name: table
    for table in (
        luo.BAG_OF_TRICKS,
        luo.NECKS,
        luo.BNNECK_METRICS,
        luo.CENTER_LOSS,
        luo.CROSS_DOMAIN,
        luo.BACKBONES,
        luo.IBN_CROSS_DOMAIN,
        luo.BATCH_SIZE,
        luo.IMAGE_SIZE,
        BASELINES,
        REPRODUCED,
        lawen.ROBUST_ABLATION,
        lawen.SWAG,
        DISTILLATION,
        BACKGROUNDS,
        spreid.PARSING,
        spreid.RESOLUTION,
        spreid.BACKBONES,
        spreid.REGIONS,
        spreid.SHARING,
        spreid.STATE_OF_THE_ART,
    )
}


def find_table(name: str) -> Table:
    """The table called `name`. Raises InputError for an unknown name, listing the known ones."""
    if name not in TABLES:
        raise InputError(f"unknown table {name}; choose from {', '.join((*TABLES, *SURVEYS))}")
    return TABLES[name]
