import numpy as np

from reid.footage.rows import rows_by_frame


def test_each_frame_has_its_rows_and_rows_beyond_the_length_are_left_out():
    found = rows_by_frame(np.array([0, 0, 2, 5, 5, 7]), 6)
    assert [(rows.start, rows.stop) for rows in found] == [(0, 2), (2, 2), (2, 3), (3, 3), (3, 3), (3, 5)]
    assert rows_by_frame(np.empty(0, int), 2) == [slice(0, 0)] * 2
    assert rows_by_frame(np.array([3]), 0) == []
