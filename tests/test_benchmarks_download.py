"""Fetching MOT16, tried on small archives from a server on this machine."""

import http.server
import shutil
import threading
import zipfile
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from benchmarks.download import fetch_mot16, unpack
from reid.common.errors import InputError
from reid.common.foreign_files import DamagedFile

CONTENT = {"train/MOT16-02/det/det.txt": "1,-1,0,0,9,9,1\n" * 500, "test/MOT16-01/seqinfo.ini": "[Sequence]\n"}


class RangeServer(http.server.SimpleHTTPRequestHandler):
    """Serves one folder, honours `Range: bytes=N-`, and can break off a transfer in the middle."""

    break_off = False
    ranges: ClassVar[list] = []

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return self.send_error(404)
        content = path.read_bytes()
        wanted = self.headers.get("Range")
        type(self).ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if start >= len(content):
            return self.send_error(416)
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = start + (len(content) - start) // 2 if self.break_off else len(content)
        self.wfile.write(content[start:end])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(tmp_path):
    class Handler(RangeServer):
        ranges: ClassVar[list] = []

    (tmp_path / "served").mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path / "served"))) as httpd:
        threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
        Handler.url = f"http://127.0.0.1:{httpd.server_port}/MOT16.zip"
        yield Handler
        httpd.shutdown()


def make_archive(path, content=CONTENT):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)


@pytest.mark.parametrize("prefix", ["", "MOT16/"])
def test_the_archive_arrives_unpacked_and_nothing_else_stays(server, tmp_path, prefix):
    make_archive(tmp_path / "served" / "MOT16.zip", {prefix + name: text for name, text in CONTENT.items()})
    fetch_mot16(tmp_path / "data" / "MOT16", server.url)
    for name, text in CONTENT.items():
        assert (tmp_path / "data" / "MOT16" / name).read_text() == text
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["MOT16"]
    fetch_mot16(tmp_path / "data" / "MOT16", server.url)
    assert len(server.ranges) == 1, "what is there is not fetched again"


def test_a_broken_download_is_continued(server, tmp_path):
    make_archive(tmp_path / "served" / "MOT16.zip")
    server.break_off = True
    with pytest.raises(InputError, match="run the same command again"):
        fetch_mot16(tmp_path / "MOT16", server.url)
    half = (tmp_path / "MOT16.zip.part").stat().st_size
    server.break_off = False
    fetch_mot16(tmp_path / "MOT16", server.url)
    assert server.ranges == [None, f"bytes={half}-"]
    assert (tmp_path / "MOT16" / "train").is_dir()


def test_a_complete_archive_is_only_unpacked(server, tmp_path):
    make_archive(tmp_path / "served" / "MOT16.zip")
    make_archive(tmp_path / "MOT16.zip.part")
    fetch_mot16(tmp_path / "MOT16", server.url)
    assert (tmp_path / "MOT16" / "train").is_dir()


def test_a_server_without_the_archive_is_reported(server, tmp_path):
    with pytest.raises(InputError, match=r"cannot download .*Not Found"):
        fetch_mot16(tmp_path / "MOT16", server.url)
    assert not (tmp_path / "MOT16").exists()


def test_a_folder_that_is_something_else_is_left_alone(server, tmp_path):
    (tmp_path / "MOT16").mkdir()
    with pytest.raises(InputError, match="has no train/;"):
        fetch_mot16(tmp_path / "MOT16", server.url)


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/outside.txt", "train/../../outside.txt", "..\\outside.txt", "C:/outside.txt"]
)
def test_a_member_that_leads_outside_is_refused(tmp_path, name):
    make_archive(tmp_path / "a.zip", {"train/a.txt": "", name: "x"})
    with pytest.raises(InputError, match="leads outside or is a link"):
        unpack(tmp_path / "a.zip", tmp_path / "data" if (tmp_path / "data").exists() else tmp_path / "MOT16")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("train/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="is a link"):
        unpack(tmp_path / "a.zip", tmp_path / "MOT16")


def damaged(content: bytes, place: int, cut: bool) -> bytes:
    """The first `place` bytes, or all of them with a wrong one at `place`."""
    return content[:place] if cut else content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


@pytest.mark.parametrize("cut", [False, True], ids=["flipped", "cut off"])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_deleted_and_leaves_no_folder_or_is_unpacked_as_it_was(tmp_path, compression, cut):
    with zipfile.ZipFile(tmp_path / "whole.zip", "w", compression) as archive:
        for name, text in CONTENT.items():
            archive.writestr(name, text[:300])
    whole = (tmp_path / "whole.zip").read_bytes()
    (tmp_path / "whole.zip").unlink()
    refused = 0
    for place in np.random.default_rng(compression).permutation(len(whole))[:80]:
        (tmp_path / "a.zip").write_bytes(damaged(whole, place, cut))
        try:
            unpack(tmp_path / "a.zip", tmp_path / "MOT16")
        except InputError as error:
            refused += 1
            assert str(error).startswith(f"{tmp_path / 'a.zip'}: ") and "\n" not in str(error)
            assert not isinstance(error, DamagedFile) or list(tmp_path.iterdir()) == []
        else:  # a date, or a flag that is not used
            assert (tmp_path / "MOT16" / "train/MOT16-02/det/det.txt").read_text() == CONTENT["train/MOT16-02/det/det.txt"][:300]
        assert list(tmp_path.glob(".*")) == []
        for path in tmp_path.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert refused == 80 if cut else refused > 20


def test_an_archive_with_a_password_is_one_sentence(tmp_path):
    make_archive(tmp_path / "a.zip")
    content = bytearray((tmp_path / "a.zip").read_bytes())
    for start, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(start) + flags] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.zip: .*password required"):
        unpack(tmp_path / "a.zip", tmp_path / "MOT16")


@pytest.mark.parametrize("kept", ["half", "whole", "more"])
def test_a_damaged_download_is_thrown_away_and_fetched_anew(server, tmp_path, kept, capsys):
    make_archive(tmp_path / "served" / "MOT16.zip")
    content = (tmp_path / "served" / "MOT16.zip").read_bytes()
    spoilt = damaged(content, 60, cut=False)
    part = {"half": spoilt[: len(spoilt) // 2], "whole": spoilt, "more": spoilt + bytes(99)}[kept]
    (tmp_path / "MOT16.zip.part").write_bytes(part)
    fetch_mot16(tmp_path / "MOT16", server.url)
    assert server.ranges == [f"bytes={len(part)}-", None]
    assert (tmp_path / "MOT16" / "train").is_dir()
    assert "downloading it anew" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"<html>log in first</html>", {"readme.txt": "nothing else"}], ids=["a page", "no train/"])
def test_what_is_damaged_at_the_server_too_is_fetched_twice_and_no_more(server, tmp_path, content):
    if isinstance(content, dict):
        make_archive(tmp_path / "served" / "MOT16.zip", content)
    else:
        (tmp_path / "served" / "MOT16.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"MOT16\.zip: damaged also when downloaded anew .*; unpack MOT16 to .* by hand"):
        fetch_mot16(tmp_path / "MOT16", server.url)
    assert server.ranges == [None, None]
    assert [path.name for path in tmp_path.iterdir()] == ["served"]
