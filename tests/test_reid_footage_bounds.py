"""Numbers that no recording has are refused where they stand; those just within the bounds are not."""

import numpy as np
import pytest
from published import write_cmc, write_epfl, write_wildtrack

from mtmc.sequences import open_recording
from mtmc.sequences.mot_text import read_ground_truth, read_tracks
from mtmc.sequences.tables import detections_by_frame
from reid.common.errors import InputError
from reid.footage.bounds import FARTHEST, MOST_FRAMES
from reid.footage.detection_text import read_detections
from reid.footage.footage import read_info

HUGE = ["1e8", "100000000", "1e18", "1e19", "1e150", "1e308"]


@pytest.mark.parametrize("read", [read_detections, read_ground_truth, read_tracks])
@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("column", [0, 2, 3, 4, 5])
def test_a_text_of_boxes_names_the_line_of_a_frame_or_an_edge_that_is_none(tmp_path, read, column, number):
    cells = ["2", "5", "10", "20", "30", "40", "1", "1", "1"]
    cells[column] = number
    (tmp_path / "rows.txt").write_text(f"1,5,10,20,30,40,1,1,1\n{','.join(cells)}\n")
    with pytest.raises(InputError, match=r"rows\.txt, line 2: (frame .* is beyond the last possible one|column . is far beyond)"):
        read(tmp_path / "rows.txt")


@pytest.mark.parametrize("read", [read_detections, read_ground_truth, read_tracks])
def test_a_side_too_small_to_make_a_box_at_its_place_is_named(tmp_path, read):
    (tmp_path / "rows.txt").write_text("1,5,10,20,30,40,1,1,1\n2,5,10,20,1e-18,40,1,1,1\n")
    with pytest.raises(InputError, match=r"rows\.txt, line 2: the box is 1e-18 wide"):
        read(tmp_path / "rows.txt")


@pytest.mark.parametrize("number", ["1e18", "-1e300"])
def test_an_id_that_floats_cannot_tell_from_its_neighbours_is_named(tmp_path, number):
    (tmp_path / "rows.txt").write_text(f"1,{number},10,20,30,40,1,1,1\n")
    for read in read_ground_truth, read_tracks:
        with pytest.raises(InputError, match=r"rows\.txt, line 1: the id .* must be a whole number of at most 15 digits"):
            read(tmp_path / "rows.txt")


@pytest.mark.parametrize("number", ["nan", "inf", "1e300"])
def test_a_class_or_a_visibility_that_is_no_number_is_named(tmp_path, number):
    (tmp_path / "rows.txt").write_text(f"1,5,10,20,30,40,1,{number},1\n")
    with pytest.raises(InputError, match=r"rows\.txt, line 1: the class"):
        read_ground_truth(tmp_path / "rows.txt")


@pytest.mark.parametrize(
    ("write", "name", "old", "new", "message"),
    [
        pytest.param(write_epfl, "lab6-c1.gt.txt", "120 0 0 0 0", "120 100000000 0 0 0", "c1.gt.txt, line 1", id="VATIC"),
        pytest.param(write_epfl, "lab6-c1.gt.txt", " 50 ", " 1e150 ", "c1.gt.txt, line 1", id="VATIC's box"),
        pytest.param(write_cmc, "gt/world_centroid.txt", "3 1", "1e18 1", "world_centroid.txt, line 1: frame", id="CMC's truth"),
        pytest.param(write_cmc, "gt/world_centroid.txt", "0.5 2.0", "0.5 1e99", "world_centroid.txt, line 2: a pos", id="place"),
        pytest.param(write_cmc, "det/CMC9_Cam2.txt", "2 -1", "1e19 -1", "Cam2.txt, line 1: frame", id="CMC's detections"),
        pytest.param(
            write_wildtrack, "annotations_positions/00000005.json", "7,", "1e400,", "00000005.json: not a", id="WILDTRACK"
        ),
    ],
)
def test_published_layouts_have_the_same_bounds(tmp_path, write, name, old, new, message):
    path = write(tmp_path / "data") / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        open_recording(tmp_path / "data", detections="fasterrcnn" if write is write_cmc else "gt")


@pytest.mark.parametrize(
    "line", ["seqLength=100000000", "frameRate=1e18", "frameRate=inf", "imWidth=1" + "0" * 400, "seqLength=0"]
)
def test_a_length_a_rate_and_a_size_have_bounds(tmp_path, line):
    (tmp_path / "seqinfo.ini").write_text(f"[Sequence]\n{line}\n")
    with pytest.raises(InputError, match=rf"seqinfo\.ini: {line.partition('=')[0]}=.* must be from"):
        read_info(tmp_path / "seqinfo.ini")


def test_what_lies_just_within_the_bounds_is_read(tmp_path):
    edge = int(FARTHEST)
    (tmp_path / "det.txt").write_text(f"1,-1,-{edge},0,{edge},{edge},0.5\n{MOST_FRAMES},-1,5,5,20,40,-3e9\n")
    found = read_detections(tmp_path / "det.txt")
    by_frame = detections_by_frame(found.frames, found.boxes, found.scores, None, MOST_FRAMES)
    assert len(by_frame) == MOST_FRAMES and [len(by_frame[frame]) for frame in (0, 1, -1)] == [1, 0, 1]
    np.testing.assert_array_equal(by_frame[-1].boxes, [[5, 5, 25, 45]])
