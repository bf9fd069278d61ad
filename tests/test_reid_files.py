"""Files are whole or absent, wherever names come from and whatever lies in the folder."""

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtmc.calibration import read_camera_file
from mtmc.calibration.points_file import read_points
from reid.common import files
from reid.common.errors import InputError
from reid.common.files import replacing, require_name
from reid.common.result_folder import ResultFolder


def test_a_file_appears_whole_with_the_mode_of_any_other_or_not_at_all(tmp_path):
    with replacing(tmp_path / "deep" / "a.txt") as temporary:
        assert temporary.suffix == ".txt" and temporary.exists() and not (tmp_path / "deep" / "a.txt").exists()
        temporary.write_text("whole")
    (tmp_path / "plain.txt").write_text("")
    assert (tmp_path / "deep" / "a.txt").read_text() == "whole"
    assert (tmp_path / "deep" / "a.txt").stat().st_mode == (tmp_path / "plain.txt").stat().st_mode
    with pytest.raises(RuntimeError), replacing(tmp_path / "deep" / "a.txt") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.txt"]
    assert (tmp_path / "deep" / "a.txt").read_text() == "whole"


def test_temporary_names_cannot_be_guessed_and_never_follow_a_link(tmp_path, monkeypatch):
    with replacing(tmp_path / "a.txt") as one, replacing(tmp_path / "a.txt") as other:
        assert one != other
    monkeypatch.setattr(files.secrets, "token_hex", lambda _: "0" * 16)
    (tmp_path / "victim").write_text("precious")
    (tmp_path / f".a.{'0' * 16}.txt").symlink_to(tmp_path / "victim")
    with pytest.raises(FileExistsError) as refusal, replacing(tmp_path / "a.txt"):
        pass
    assert refusal.value.filename == str(tmp_path / "a.txt")
    assert (tmp_path / "victim").read_text() == "precious"


def test_what_a_killed_run_left_is_removed_after_a_day_and_nothing_else(tmp_path):
    names = [f".a.{'ab' * 8}.txt", f".a.{'cd' * 8}.txt", ".a.0123.txt", ".bashrc", "a.txt", f"a.{'ab' * 8}.txt"]
    for name in names:
        (tmp_path / name).write_text("")
        if name != names[1]:
            os.utime(tmp_path / name, (time.time() - 2 * 86_400,) * 2)
    with replacing(tmp_path / "b.txt"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {*names[1:], "b.txt"}


def test_an_output_that_takes_no_file_is_told_by_its_own_name(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError) as refusal, replacing(tmp_path / "folder") as temporary:
        temporary.write_text("")
    assert refusal.value.filename == str(tmp_path / "folder")


@given(st.text(max_size=12))
def test_a_name_leads_nowhere_else(name):
    try:
        require_name(name)
    except ValueError:
        return
    assert os.path.normpath(os.path.join("/results/tracks", f"{name}.txt")).startswith("/results/tracks/")
    assert os.path.basename(name) == name and name not in (".", "..")


@pytest.mark.parametrize("name", ["../../../x", "/etc/x", "a/b", "a\\b", "..", ".", "", " a", "a\n", "a\x00b"])
def test_a_camera_whose_name_is_a_path_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="is not a name"):
        require_name(name)
    quoted = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\x00", "\\0")
    (tmp_path / "cameras.yaml").write_text(f'"{quoted}": {{homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], unit: m}}\n')
    with pytest.raises(InputError, match=r"cameras\.yaml: camera .* is not a name"):
        read_camera_file(tmp_path / "cameras.yaml")


def test_points_name_their_cameras_by_names_too(tmp_path):
    (tmp_path / "points.csv").write_text("camera,u,v,x,y\nwest,1,2,3,4\n../../x,1,2,3,4\n")
    with pytest.raises(InputError, match=r"points\.csv, line 3: camera '\.\./\.\./x' is not a name"):
        read_points(tmp_path / "points.csv")


@pytest.mark.parametrize("name", ["../x.txt", "tracks/../../x.txt", "/tmp/x.txt"])
def test_no_result_lies_outside_its_folder(tmp_path, name):
    with pytest.raises(InputError, match="leads out of the results"):
        ResultFolder(tmp_path / "out").add(name)


def test_trying_a_folder_leaves_what_is_in_it(tmp_path):
    (tmp_path / "writable.txt").write_text("mine")
    ResultFolder(tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("writable.txt", "mine")]
    ResultFolder(tmp_path / "new" / "deep")
    assert not (tmp_path / "new").exists()
