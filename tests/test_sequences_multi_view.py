"""Published recordings of several cameras as they are, and written anew as plain folders."""

import numpy as np
import pytest
from published import corners, write_campus, write_cmc, write_epfl, write_wildtrack
from views import view

from mtmc.ground.observations import observe
from mtmc.sequences import open_recording, write_folder
from reid.common.errors import InputError

# EPFL


@pytest.mark.parametrize("homographies", ["files", "one"])
def test_epfl_is_read_from_either_form_of_its_calibration(tmp_path, homographies):
    sequence = open_recording(write_epfl(tmp_path / "lab", homographies), detections="gt")
    assert sequence.names == ["c0", "c1"] and sequence.length == 2 and sequence.unit == "top-view pixels"
    truth = view(sequence, "c0").ground_truth
    np.testing.assert_array_equal(truth.ids, [0, 1])
    np.testing.assert_array_equal(truth.visibility, [1.0, 0.5])
    np.testing.assert_array_equal(sequence.at(1)[0].boxes, [[100, 30, 140, 130]])
    expected = np.array([0.176138 * 30 + 0.647589 * 120 - 63.412272, -0.180912 * 30 + 0.622446 * 120 - 0.125533])
    expected /= -0.000002 * 30 + 0.001756 * 120 + 0.102316
    np.testing.assert_allclose(view(sequence, "c1").camera.to_ground([[30, 120]]), [expected])


def test_thinned_truth_misses_shakes_and_invents_as_promised(tmp_path):
    rows = [f'{i} {40 * i} 20 {40 * i + 30} 120 {f} 0 0 0 "PERSON"' for f in range(500) for i in range(5)]
    folder = write_epfl(tmp_path / "lab", rows=rows)
    first, again, other = (view(open_recording(folder, seed=seed), "c0").detections for seed in (1, 1, 2))
    true = np.array([[40 * i, 20, 40 * i + 30, 120] for i in range(5)])
    found = np.concatenate([part.boxes for part in first])
    errors = (found[:, None] - true).reshape(-1, 4)
    errors = errors[np.abs(errors).max(axis=1) < 12]
    assert len(errors) == pytest.approx(2250, rel=0.03)
    assert errors.std(axis=0) == pytest.approx(2.0, rel=0.1)
    assert len(found) - len(errors) == pytest.approx(125, rel=0.3)
    np.testing.assert_array_equal(found, np.concatenate([part.boxes for part in again]))
    assert len(found) != sum(map(len, other))


def test_labels_that_are_nobody_are_left_out(tmp_path):
    rows = ['0 10 20 50 120 0 0 0 0 "PERSON"', '7 10 20 50 120 0 0 0 0 "car"', "3 60 20 90 120 0 0 0 0"]
    sequence = open_recording(write_epfl(tmp_path / "lab", rows=rows))
    np.testing.assert_array_equal(view(sequence, "c0").ground_truth.ids, [0, 3])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("lab6-c1.gt.txt", "0 1 2 x\n", "line 1"),
        ("lab6-c1.gt.txt", '0 50 20 10 120 0 0 0 0 "PERSON"\n', "no area"),
        ("lab6-c1.Homography.txt", "1 0 0\n0 0 0\n0 0 0\n", "singular"),
        ("lab6-c1.Homography.txt", "1 0\n0 1\n", "columns"),
        ("other-c0.gt.txt", "", "one recording"),
    ],
    ids=["not a row", "no area", "singular homography", "narrow homography", "two recordings"],
)
def test_a_bad_file_of_epfl_is_told_by_name(tmp_path, name, text, message):
    folder = write_epfl(tmp_path / "lab")
    (folder / name).write_text(text)
    with pytest.raises(InputError, match=message):
        open_recording(folder)


# WILDTRACK


def test_wildtrack_is_read_in_metres(tmp_path):
    sequence = open_recording(write_wildtrack(tmp_path / "Wildtrack_dataset"), detections="gt")
    assert sequence.names == ["CVLab1", "IDIAP1"] and sequence.length == 2 and sequence.frame_rate == 2
    for camera, true in zip(sequence.cameras, corners().values(), strict=True):
        np.testing.assert_allclose(camera.to_ground([[320, 300]]), true.to_ground([[320, 300]]), atol=1e-6)
    np.testing.assert_array_equal(sequence.world_truth.ids, [7, 7])
    np.testing.assert_allclose(sequence.world_truth.positions, [[0.0, 0.0], [0.0, 0.0]], atol=1e-12)
    assert [len(part) for part in sequence.at(1)] == [1, 0]
    np.testing.assert_array_equal(sequence.at(1)[0].boxes, [[105, 50, 145, 200]])
    assert len(list(view(sequence, "CVLab1").images)) == 2 and view(sequence, "IDIAP1").images is None


def test_wildtrack_in_another_unit_than_centimetres_is_refused(tmp_path):
    with pytest.raises(InputError, match="centimetres"):
        open_recording(write_wildtrack(tmp_path / "Wildtrack_dataset", unit=100.0 * 100))


def test_an_annotation_with_an_unknown_view_is_told_by_file(tmp_path):
    folder = write_wildtrack(tmp_path / "Wildtrack_dataset")
    path = folder / "annotations_positions/00000005.json"
    path.write_text(path.read_text().replace('"viewNum": 0', '"viewNum": 5'))
    with pytest.raises(InputError, match=r"00000005\.json"):
        open_recording(folder)


# CMC


def test_cmc_is_read_with_both_kinds_of_detections(tmp_path):
    folder = write_cmc(tmp_path / "CMC9")
    sequence = open_recording(folder)
    assert sequence.detection_source == "fairmot" and sequence.length == 3 and sequence.frame_rate == 4
    np.testing.assert_array_equal(sequence.world_truth.frames, [0, 2])
    np.testing.assert_allclose(sequence.world_truth.positions, [[0.5, 2.0], [1.0, 2.0]])
    first = sequence.at(0)[1]
    np.testing.assert_allclose(first.boxes, [[12, 20, 42, 120]])
    np.testing.assert_allclose(first.embeddings, [[0, 1]])
    np.testing.assert_allclose(view(sequence, "cam2").camera.position, (4, 3, 2.5), atol=1e-9)
    other = open_recording(folder, detections="fasterrcnn")
    np.testing.assert_allclose(other.at(1)[0].boxes, [[10, 20, 40, 120]])
    np.testing.assert_array_equal(other.at(1)[0].scores, [1.0])
    with pytest.raises(InputError, match="choose from fairmot, fasterrcnn"):
        open_recording(folder, detections="yolo")


def test_a_mirrored_projection_is_refused(tmp_path):
    folder = write_cmc(tmp_path / "CMC9")
    matrix = np.loadtxt(folder / "calibration/cam1_P.txt")
    np.savetxt(folder / "calibration/cam1_P.txt", matrix * [1, 1, -1, 1])
    with pytest.raises(InputError, match=r"cam1_P\.txt.*below the ground|cam1_P\.txt.*behind"):
        open_recording(folder)


# CAMPUS


def test_campus_is_read_with_its_own_form_of_calibration(tmp_path):
    write_campus(tmp_path)
    sequence = open_recording(tmp_path, detections="gt")
    assert sequence.names == ["HC1", "IP2"] and sequence.frame_rate == 30
    for camera, true in zip(sequence.cameras, corners().values(), strict=True):
        np.testing.assert_allclose(camera.to_ground([[320, 300]]), true.to_ground([[320, 300]]), atol=1e-9)
    (tmp_path / "view-GL9.txt").write_text('0 10 20 50 120 0 0 0 0 "human"\n')
    with pytest.raises(InputError, match="no calibration named view-GL9"):
        open_recording(tmp_path)


# The plain folder


def test_any_recording_survives_being_written_as_a_plain_folder(tmp_path):
    for name, write in (("CMC9", write_cmc), ("lab", write_epfl)):
        before = open_recording(write(tmp_path / name))
        write_folder(tmp_path / f"{name}-plain", before)
        after = open_recording(tmp_path / f"{name}-plain")
        assert (after.length, after.frame_rate, after.unit) == (before.length, before.frame_rate, before.unit)
        pixels = np.array([[100.0, 400.0]])
        assert after.names == before.names
        for old, new in zip(before.views, after.views, strict=True):
            np.testing.assert_allclose(new.camera.to_ground(pixels), old.camera.to_ground(pixels))
            for one, other in zip(old.detections, new.detections, strict=True):
                np.testing.assert_allclose(one.boxes, other.boxes, atol=0.011)
                np.testing.assert_allclose(one.scores, other.scores, atol=6e-5)
                assert (one.embeddings is None) == (other.embeddings is None) or not len(one)
                if len(one) and one.embeddings is not None:
                    np.testing.assert_allclose(one.embeddings, other.embeddings)
        if before.world_truth is not None:
            np.testing.assert_allclose(after.world_truth.positions, before.world_truth.positions)
        if before.ground_truths is not None:
            np.testing.assert_allclose(view(after, "c1").ground_truth.boxes, view(before, "c1").ground_truth.boxes)


def test_a_folder_of_no_known_format_is_told(tmp_path):
    with pytest.raises(InputError, match=r"unknown format; add cameras\.yaml .* give the camera file itself .* one of wildtrack"):
        open_recording(tmp_path)
    with pytest.raises(InputError, match="no such file or folder"):
        open_recording(tmp_path / "nowhere")


# Real recordings, where they are


def test_the_true_people_of_cmc_stand_where_its_cameras_detect_them(real_data):
    sequence = open_recording(real_data / "mtmc" / "CMC1")
    assert sequence.length == 261 and len(np.unique(sequence.world_truth.ids)) == 3
    cameras, distances, heights = sequence.cameras, [], []
    for frame in range(0, 261, 10):
        seen = observe(cameras, sequence.at(frame))
        people = sequence.world_truth.positions[sequence.world_truth.frames == frame]
        if len(people) and len(seen):
            gaps = np.linalg.norm(seen.ground[:, None] - people, axis=2)
            distances.append(gaps.min(axis=1))
            heights.append(seen.heights[gaps.min(axis=1) < 0.3])
    assert np.median(np.concatenate(distances)) < 0.3
    assert 1.5 < np.median(np.concatenate(heights)) < 1.9


def test_epfls_laboratory_is_read_as_its_description_says(real_data):
    sequence = open_recording(real_data / "mtmc" / "EPFL-Laboratory")
    assert sequence.length == 2955 and len(sequence.cameras) == 4
    assert all(set(np.unique(truth.ids)) <= set(range(6)) for truth in sequence.ground_truths)
    people = sum(len(truth.ids) for truth in sequence.ground_truths)
    assert sum(len(part) for each in sequence.views for part in each.detections) == pytest.approx(0.95 * people, rel=0.01)


def test_wildtracks_cameras_hang_above_the_square(real_data):
    from mtmc.sequences.readers.wildtrack import read_wildtrack_cameras

    cameras = read_wildtrack_cameras(real_data / "mtmc" / "WILDTRACK" / "calibrations")
    assert list(cameras) == ["CVLab1", "CVLab2", "CVLab3", "CVLab4", "IDIAP1", "IDIAP2", "IDIAP3"]
    assert all(1.5 < camera.position[2] < 4 for camera in cameras.values())
    assert all(camera.sees(np.mgrid[-3:9:0.5, -9:27:0.5].reshape(2, -1).T).any() for camera in cameras.values())


def test_four_real_videos_are_opened_by_their_file_of_cameras(real_data):
    sequence = open_recording(real_data / "mtmc" / "UFES_4cam" / "calibration.yaml")
    assert sequence.names == ["cam0", "cam1", "cam2", "cam3"] and sequence.length == 268 and sequence.frame_rate == 10
    assert all(next(iter(each.images)).shape == (728, 1288, 3) for each in sequence.views)
