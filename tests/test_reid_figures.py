"""The picture of rankings: which images it shows, in which order and frame."""

import numpy as np

from reid.evaluation.figures import CELL, FRAME, GAP, HEADER, QUERY, RIGHT, WRONG, best_matches, draw_rankings

STEP = CELL[1] + 2 * (FRAME + GAP)


def plain(shade, height=40, width=20):
    return np.full((height, width, 3), shade, np.uint8)


def cell(picture, row, column):
    """The part of `picture` with the query (column 0) or a match (from 1), its frame outermost."""
    top = HEADER + row * (CELL[0] + 2 * (FRAME + GAP)) + GAP
    left = column * STEP + (2 * GAP if column else 0) + GAP
    return picture[top : top + CELL[0] + 2 * FRAME, left : left + CELL[1] + 2 * FRAME]


def test_matches_come_nearest_first_without_the_query_s_own_camera():
    distances = np.array([0.5, 0.1, 0.2, 0.3, 0.3])
    ids, cameras = np.array([7, 7, 7, 5, 6]), np.array([2, 1, 2, 1, 1])
    assert best_matches(distances, 7, 1, ids, cameras, 3).tolist() == [2, 3, 4]
    assert best_matches(distances, 7, 1, ids, cameras, 9).tolist() == [2, 3, 4, 0]


def test_right_and_wrong_matches_have_frames_of_their_own():
    picture = draw_rankings([plain(10), plain(20)], [[plain(30), plain(40)], [plain(50)]], [[True, False], [False]])
    frames = {(row, column): tuple(cell(picture, row, column)[0, 0].tolist()) for row in range(2) for column in range(3)}
    assert frames[0, 0] == frames[1, 0] == QUERY
    assert (frames[0, 1], frames[0, 2], frames[1, 1]) == (RIGHT, WRONG, WRONG)
    assert (cell(picture, 1, 2) == 255).all()


def test_a_query_without_any_match_has_an_empty_row():
    picture = draw_rankings([plain(10), plain(20)], [[plain(30)], []], [[True], []])
    assert (cell(picture, 1, 1) == 255).all()


def test_each_image_stands_in_its_place_with_its_own_proportions():
    picture = draw_rankings([plain(10)], [[plain(30, 30, 30), plain(40, 400, 100)]], [[True, False]])
    assert (cell(picture, 0, 0)[FRAME:-FRAME, FRAME:-FRAME] == 10).all()
    square, tall = (cell(picture, 0, column)[FRAME:-FRAME, FRAME:-FRAME, 0] for column in (1, 2))
    assert (square == 30).sum() == 64 * 64 and square[64, 32] == 30
    assert (tall == 40).sum() == 128 * 32 and tall[64, 32] == 40
