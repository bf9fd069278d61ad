"""Reading ahead: order, bounded depth, and exceptions that wait for their turn."""

import threading
import time

import pytest

from reid.common.read_ahead import read_ahead


def test_items_arrive_in_order_also_when_they_are_none():
    assert list(read_ahead((item for item in [1, None, 2]), depth=1)) == [1, None, 2]


def test_no_more_than_the_depth_is_kept_ready_and_the_thread_ends_with_the_iteration():
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield taken

    ahead = read_ahead(endless(), depth=3)
    for _ in range(5):
        next(ahead)
    time.sleep(0.05)
    assert taken <= 5 + 3 + 1
    before = threading.active_count()
    ahead.close()
    assert threading.active_count() == before - 1


def test_an_exception_surfaces_after_the_items_before_it():
    def failing():
        yield 1
        raise OSError("broken")

    ahead = read_ahead(failing(), depth=4)
    assert next(ahead) == 1
    with pytest.raises(OSError, match="broken"):
        next(ahead)
