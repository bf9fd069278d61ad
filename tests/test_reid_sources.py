"""What --data takes: folders, published data sets by name, YAML files with a pattern."""

import logging

import pytest

from reid.common.errors import InputError
from reid.data.folders import GALLERY, QUERY, TRAIN, join
from reid.data.sources import read_parts, read_source, site_names, source_name, source_names

PATTERN = r"pattern: '(?P<identity>[a-z]+)/cam(?P<camera>\w+)_\d+\.(png|bmp)'"


@pytest.fixture
def viper(tmp_path):
    for view in "ab":
        (tmp_path / f"VIPeR/cam_{view}").mkdir(parents=True)
        for person in range(4):
            (tmp_path / f"VIPeR/cam_{view}/{person:03d}_0.bmp").touch()
    return tmp_path


@pytest.fixture
def described(tmp_path):
    """A YAML file beside two folders, each with a folder a person."""
    for name in ("seen/anna/camN_1.png", "seen/bob/camS_2.bmp", "sought/bob/camN_1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "own.yaml").write_text(f"{PATTERN}\nquery: sought\ngallery: seen\n")
    return tmp_path / "own.yaml"


def test_a_plain_folder_is_of_markets_layout(tmp_path):
    (tmp_path / TRAIN).mkdir()
    (tmp_path / TRAIN / "0002_c1s1_000451_03.jpg").touch()
    (train,) = read_source(tmp_path, TRAIN)
    assert (train.ids.tolist(), train.cameras.tolist()) == ([2], [1])
    assert list(read_parts(tmp_path)) == [TRAIN]
    with pytest.raises(InputError, match="no such folder"):
        read_source(tmp_path, QUERY)


def test_a_published_set_is_named_with_its_folder_and_split_and_its_counts_are_compared(viper, caplog):
    with caplog.at_level(logging.WARNING):
        query, gallery = read_source(f"viper:1={viper}", QUERY, GALLERY)
    assert len(query) == len(gallery) == 2
    assert "viper: query has 2 images of 2 identities, but 316 of 316 are published" in caplog.text


def test_a_part_that_a_protocol_does_not_have_is_told(viper):
    with pytest.raises(InputError, match="no query"):
        read_source(f"viper={viper}", QUERY, GALLERY)


def test_sources_of_all_kinds_join_with_identities_and_cameras_apart(viper, described):
    both = join([read_source(f"viper={viper}", TRAIN)[0], read_source(described, GALLERY)[0]])
    assert sorted(set(both.ids.tolist())) == list(range(6))
    assert not set(both.cameras[:8].tolist()) & set(both.cameras[8:].tolist())


def test_a_described_set_numbers_names_and_cameras_alike_in_all_parts(described):
    query, gallery = read_source(described, QUERY, GALLERY)
    assert gallery.ids.tolist() == [1, 2]
    assert query.ids.tolist() == [2]
    assert gallery.cameras.tolist() == [1, 2]
    assert query.cameras.tolist() == [1]


def test_junk_of_a_described_set_is_left_out(tmp_path):
    (tmp_path / "seen").mkdir()
    for name in ("-1_cam2_x.bmp", "7_cam1_x.png"):
        (tmp_path / "seen" / name).touch()
    (tmp_path / "own.yaml").write_text("pattern: '(?P<identity>-?\\d+)_cam(?P<camera>\\d)_.*'\ngallery: seen\n")
    (gallery,) = read_source(tmp_path / "own.yaml", GALLERY)
    assert [path.name for path in gallery.paths] == ["7_cam1_x.png"]


def test_the_packaged_description_reads_its_own_layout(tmp_path):
    from configs import path

    for part in ("train", "query", "gallery"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "0012_cam3_x.jpg").touch()
    (tmp_path / "own.yaml").write_text(path("data", "named_files").read_text())
    assert list(read_parts(tmp_path / "own.yaml")) == [TRAIN, QUERY, GALLERY]


def test_a_description_may_leave_some_of_the_people_and_find_its_folders_elsewhere(described, tmp_path):
    text = f"{PATTERN}\nquery: sought\ngallery: seen\nidentities: bob\n"
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "half.yaml").write_text(text)
    query, gallery = read_source(f"{tmp_path}/lists/half.yaml={tmp_path}", QUERY, GALLERY)
    assert [path.parent.name for path in (*query.paths, *gallery.paths)] == ["bob", "bob"]
    assert query.ids.tolist() == gallery.ids.tolist() == [1]


def test_the_halves_of_campus_are_fifteen_people_each_and_share_none(real_data):
    from configs import path

    halves = [read_source(f"{path('data', name)}={real_data}/reid/campus", QUERY) for name in ("campus_choose", "campus_report")]
    people = [{image.name[:4] for image in query.paths} for (query,) in halves]
    assert [len(each) for each in people] == [15, 15]
    assert len(people[0] | people[1]) == 30


def test_sources_of_one_site_have_a_name_in_common(described, viper):
    assert site_names(described) & site_names(described.parent)
    assert site_names(f"viper:1={viper}") & site_names(f"viper:2={viper / 'VIPeR'}")
    assert site_names(f"viper={viper}") & site_names(viper)
    assert site_names(f"{described}=data/people") & site_names("elsewhere/people")
    assert site_names("data/people (unlabelled)") & site_names("data/people")
    assert site_names("data/cuhk01") & site_names("cuhk03=elsewhere")
    assert not site_names("data/people") & site_names("data/others")


def test_sources_of_the_same_name_are_numbered():
    assert source_names(["a/people", "b/people", "a/others"]) == ["people (1)", "people (2)", "others"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("query: sought", "must hold the keys pattern and any of train", id="no pattern"),
        pytest.param(PATTERN, "no folders; give train", id="no folder"),
        pytest.param(f"{PATTERN}\nqery: seen", "unknown key qery;", id="an unknown key"),
        pytest.param("pattern: '(\\d+'\nquery: sought", "not a regular expression", id="a broken pattern"),
        pytest.param("pattern: '(?P<identity>.*)'\nquery: sought", r"has no group \(\?P<camera>", id="no group"),
        pytest.param(f"{PATTERN}\nquery: lost", "lost: no such folder", id="a missing folder"),
        pytest.param(
            "pattern: '(?P<identity>[a-z]+)/cam(?P<camera>S)?.*'\ngallery: seen", "no identity or no camera", id="no camera"
        ),
        pytest.param(f"{PATTERN}\ngallery: seen\nidentities: bob eve", "no images of identity eve", id="nobody's identity"),
        pytest.param(f"{PATTERN}\ngallery: seen\nidentities: 10", "each a text", id="a number for identities"),
        pytest.param("a: [", "not YAML", id="not YAML"),
        pytest.param("- 1", "must hold the keys", id="a list"),
    ],
)
def test_a_wrong_description_is_told_in_one_sentence(described, text, sentence):
    described.write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_parts(described)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [("vipper=/data", "unknown data set vipper"), ("viper:one=/data", "must be a number"), ("nowhere", "no such folder")],
)
def test_a_wrong_source_is_told_in_one_sentence(source, sentence):
    with pytest.raises(InputError, match=sentence):
        read_parts(source)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("viper:1=/data/x", "viper:1"),
        ("/data/people", "people"),
        ("/data/own.yaml", "own.yaml"),
        ("own.yaml=/data/people", "own.yaml"),
    ],
)
def test_a_source_is_recorded_under_its_name(source, name):
    assert source_name(source) == name


ODD = ["2020-01-01", ".inf", ".nan", "1" + "0" * 400, "-1", "true", "null", "[]", "{a: 1}", "!!binary aGVsbG8=", '"\\0"', "'..'"]
PATTERNS = [
    "'('",
    "'(?P<identity>a)(?P<camera>'",
    "'(?P<identity>a)(?P<identity>b)'",
    "'a{99999999999999999999}'",
    "'" + "(" * 5000 + "'",
]


@pytest.mark.parametrize(
    ("key", "value"),
    [(key, value) for key in ("pattern", "query", "gallery", "identities") for value in ODD]
    + [("pattern", each) for each in PATTERNS],
)
def test_an_odd_value_of_a_description_is_one_sentence(described, key, value):
    lines = [line for line in described.read_text().splitlines() if not line.startswith(key)]
    described.write_text("\n".join([*lines, f"{key}: {value}"]))
    with pytest.raises(InputError) as caught:
        read_parts(described)
    assert "\n" not in str(caught.value) and str(described.parent) in str(caught.value)
