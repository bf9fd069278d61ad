"""Download MOT16: resumable, verified, and unpacked without writing outside its folder."""

import shutil
import stat
import urllib.error
import urllib.request
import zipfile
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from rich.progress import DownloadColumn, Progress, TransferSpeedColumn

from reid.common.errors import InputError
from reid.common.files import refusing
from reid.common.foreign_files import DamagedFile, reading

URL = "https://motchallenge.net/data/MOT16.zip"
CHUNK = 1 << 20


def fetch_mot16(folder: Path, url: str = URL) -> None:
    """Download MOT16 (1.9 GB) from `url` and unpack it to `folder`, with `train/` and `test/`; does nothing if they exist.

    An interrupted download is kept beside `folder` and resumed. Unpacking verifies the checksum of every file; `folder` is
    created atomically. A damaged archive is thrown away and downloaded anew, once. Raises `InputError` if the server refuses, the
    connection breaks, the disk is too small, or the archive is damaged again or not MOT16.
    """
    if (folder / "train").is_dir():
        print(f"{folder} already exists: nothing to download")
        return
    if folder.exists():
        raise InputError(f"{folder}: exists, but has no train/; move it away, then download again")
    folder.parent.mkdir(parents=True, exist_ok=True)
    archive = folder.with_name(f"{folder.name}.zip.part")
    _fetch(url, archive, folder)
    try:
        unpack(archive, folder)
    except DamagedFile as error:
        print(f"{error}; downloading it anew")
        _fetch(url, archive, folder)
        try:
            unpack(archive, folder)
        except DamagedFile as again:
            raise InputError(f"{url}: damaged also when downloaded anew ({again}); unpack MOT16 to {folder} by hand") from None
    archive.unlink()


def _fetch(url: str, archive: Path, folder: Path) -> None:
    try:
        _download(url, archive)
    except urllib.error.URLError as error:
        reason = getattr(error, "reason", error)
        raise InputError(f"{url}: cannot download ({reason}); check the network, or unpack it to {folder} by hand") from None
    except (OSError, HTTPException) as error:
        raise InputError(f"{url}: download interrupted ({error}); run the same command again to resume") from None


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the zip file `archive` as the new `folder`, without a single top-level folder in it, if any.

    Every file is checked against its CRC. Raises `DamagedFile` for an archive that cannot be unpacked or is not MOT16, and
    `InputError` for a member that is a link or whose path leads outside, and if the disk is too small. `folder` is then not
    created, and a damaged archive is deleted.
    """
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        try:
            with reading(archive, "a zip file that can be unpacked"), zipfile.ZipFile(archive) as content:
                members = [_checked(member, archive) for member in content.infolist()]
                needed = sum(member.file_size for member in members) >> 20
                if needed > (free := shutil.disk_usage(temporary).free >> 20):
                    raise InputError(f"{archive}: needs {needed} MB to unpack, but {free} MB are free; make room, then repeat")
                with Progress(*Progress.get_default_columns(), transient=True) as progress, refusing(folder):
                    for member in progress.track(members, description=f"unpacking to {folder}"):
                        content.extract(member, temporary)
                if not any("train" in PurePosixPath(member.filename).parts for member in members):
                    raise DamagedFile(f"{archive}: not the MOT16 archive, since it holds no train/")
        except DamagedFile:
            archive.unlink()
            raise
        inside = [path for path in Path(temporary).iterdir() if path.name != "__MACOSX"]
        surrounded = len(inside) == 1 and inside[0].is_dir() and inside[0].name not in ("train", "test")
        (inside[0] if surrounded else Path(temporary)).rename(folder)
        Path(temporary).mkdir(exist_ok=True)


def _checked(member: zipfile.ZipInfo, archive: Path) -> zipfile.ZipInfo:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    kind = stat.S_IFMT(member.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InputError(f"{archive}: not the MOT16 archive: {member.filename!r} leads outside or is a link")
    return member


def _download(url: str, part: Path) -> None:
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    try:
        response = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        # 416: no more bytes, so the download was complete and only unpacking was interrupted; if not, unpacking will tell.
        if error.code == 416:
            return
        raise
    with response, Progress(*Progress.get_default_columns(), DownloadColumn(), TransferSpeedColumn()) as progress:
        resumed = response.status == 206
        start = done if resumed else 0
        total = None if response.length is None else start + response.length
        task = progress.add_task(url.rpartition("/")[2], total=total, completed=start)
        with open(part, "ab" if resumed else "wb") as file:
            while chunk := response.read(CHUNK):
                file.write(chunk)
                progress.advance(task, len(chunk))
        if total is not None and part.stat().st_size != total:
            raise OSError(f"{part.stat().st_size} of {total} bytes arrived")
