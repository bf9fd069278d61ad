"""The published data sets, each read from its unpacked archive. Importing this package registers all."""

from reid.data.datasets import cuhk03, cuhk_sysu, many_cameras, market, msmt17, two_views  # noqa: F401
from reid.data.datasets.registry import DataSet, available, differences, find, published, read

__all__ = ["DataSet", "available", "differences", "find", "published", "read"]
