"""Archives: each file in one is read as if it had been named, and nothing else happens."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from cbtool.errors import WrongFormatError
from cbtool.logs import files, read_calls, read_long_calls
from cbtool.logs.packed import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LINE = '10.0.0.1 - - [24/Nov/2026:10:00:%02d +0000] "GET /%s HTTP/1.1" %d 5 "-" "-"\n'
FIRST = (LINE % (1, "a", 200)).encode() * 3
SECOND = (LINE % (2, "b", 503)).encode() * 2
TABLE = b"timestamp,duration_ms,status\n2026-11-24T10:00:03Z,12,504\n"
LOGS = {"logs/": b"", "logs/access.log": FIRST, "logs/access.log.1.gz": gzip.compress(SECOND), "t.csv": TABLE}


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def zipped_to_a_pipe(files: Mapping[str, bytes]) -> bytes:
    """As programs do that cannot go back: sizes and checksums behind each file."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    made = Pipe()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            if not name.endswith("/"):
                archive.writestr(name, data)
    return made.getvalue()


def tarred(files: Mapping[str, bytes], kind: int = tarfile.GNU_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=kind) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


@pytest.mark.parametrize(
    "pack",
    [
        zipped,
        lambda files: zipped(files, zipfile.ZIP_STORED),
        zipped_to_a_pipe,
        tarred,
        lambda files: tarred(files, tarfile.PAX_FORMAT),
        lambda files: tarred(files, tarfile.USTAR_FORMAT),
        lambda files: gzip.compress(tarred(files)),
    ],
    ids=["zip", "stored", "streamed", "gnu", "pax", "ustar", "tar.gz"],
)
def test_each_file_is_read_as_what_it_is(
    pack: Callable[[Mapping[str, bytes]], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "logs.packed"
    path.write_bytes(pack(LOGS))
    read = read_calls([str(path)])
    assert read.calls.status.tolist() == [200, 200, 200, 503, 503, 504]
    assert read.format == "combined, csv"
    assert (read.lines, read.rejected) == (6, 0)
    assert not any("left out" in note for note in read.calls.notes)
    assert os.listdir(tmp_path) == ["logs.packed"]  # noqa: PTH208


@pytest.mark.parametrize("many", [None, 2])
def test_many_calls_of_an_archive(many: int | None, tmp_path: Path) -> None:
    path = tmp_path / "logs.tar"
    path.write_bytes(tarred(LOGS | {"README": b"what these are\n" * 9}))
    calls = read_long_calls([str(path)], many=many).calls
    assert len(calls) == 6
    assert f"{path}/README is no log that can be read, and was left out" in calls.notes


def test_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(zipped(LOGS))))
    assert len(read_calls(["-"]).calls) == 6


def test_names_that_are_long_large_or_hostile_are_only_shown(tmp_path: Path) -> None:
    names = ("../../etc/passwd", "/abs.log", "a" * 300 + ".log", "\x1b[31m.log")
    for pack in (zipped, tarred, lambda files: tarred(files, tarfile.PAX_FORMAT)):
        path = tmp_path / "logs"
        path.write_bytes(pack(dict.fromkeys(names, FIRST + b"no call\n")))
        read = read_calls([str(path)])
        assert len(read.calls) == 12
        shown = [sample.file for sample in read.samples]
        assert shown[0] == f"{path}/../../etc/passwd"
        assert not any("\x1b" in name for name in shown)
        assert os.listdir(tmp_path) == ["logs"]  # noqa: PTH208


def test_what_macos_adds_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped({"a.log": FIRST, "__MACOSX/._a.log": b"\0\5\x16\7", "x/._b": b"\0\5"}))
    assert "left out" not in " ".join(read_calls([str(path)]).calls.notes)


@pytest.mark.parametrize("pack", [zipped, zipped_to_a_pipe, tarred])
def test_an_archive_that_breaks_off_gives_what_there_is(
    pack: Callable[[Mapping[str, bytes]], bytes], tmp_path: Path
) -> None:
    data = b"".join(f"{LINE % (n % 60, n * 7919 % 1000, 200)}".encode() for n in range(3000))
    whole = pack({"a.log": FIRST, "b.log": data})
    path = tmp_path / "logs"
    path.write_bytes(whole[: len(whole) // 2])
    read = read_calls([str(path)])
    assert 1000 < len(read.calls) < 2500
    assert read.rejected == 0
    assert any("ends early" in note for note in read.calls.notes)


def test_a_wrong_checksum_is_told(tmp_path: Path) -> None:
    whole = bytearray(zipped({"a.log": FIRST, "b.log": SECOND}, zipfile.ZIP_STORED))
    at = whole.index(b" 200 ")
    whole[at : at + 5] = b" 500 "
    path = tmp_path / "logs.zip"
    path.write_bytes(whole)
    assert any("ends early" in note for note in read_calls([str(path)]).calls.notes)


def test_no_log_in_it(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped({"README": b"hello\n" * 5, "nested.zip": zipped(LOGS)}))
    with pytest.raises(WrongFormatError, match=r"logs\.zip/README:1: no known log format"):
        read_calls([str(path)])
    for within in (zipped(LOGS), tarred(LOGS)):
        path.write_bytes(zipped({"nested": within}))
        with pytest.raises(WrongFormatError, match=r"logs\.zip/nested: an archive in an archive: unpack it"):
            read_calls([str(path)])


def test_what_cannot_be_unpacked_says_so(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped({"a.log": FIRST}, zipfile.ZIP_BZIP2))
    with pytest.raises(WrongFormatError, match=r"a\.log: packed in a way that is not read here: unpack it"):
        read_calls([str(path)])
    whole = bytearray(zipped({"a.log": FIRST}))
    whole[6] |= 1
    path.write_bytes(whole)
    with pytest.raises(WrongFormatError, match=r"a\.log: encrypted: unpack it first"):
        read_calls([str(path)])
    path.write_bytes(zipped({f"{n}/": b"" for n in range(MOST + 1)}))
    with pytest.raises(WrongFormatError, match="over 10,000 files"):
        read_calls([str(path)])


@pytest.mark.parametrize("data", [b"PK\x03\x04\x14", b"PK\x03\x04" + b"\xff" * 99, tarred(LOGS)[:700]])
def test_rubbish_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "logs"
    path.write_bytes(data)
    with pytest.raises(WrongFormatError):
        read_calls([str(path)])


def test_a_tar_header_that_asks_for_much_gets_little(tmp_path: Path) -> None:
    whole = bytearray(tarred({"a.log": FIRST}, tarfile.GNU_FORMAT))
    for kind in (b"L", b"x", b"0"):
        whole[156:157] = kind
        whole[124:136] = b"\x80" + (1 << 60).to_bytes(11, "big")
        whole[148:156] = b" " * 8
        whole[148:156] = b"%06o\0 " % sum(whole[:512])
        path = tmp_path / "logs.tar"
        path.write_bytes(whole)
        if kind == b"0":
            assert len(read_calls([str(path)]).calls) == 3
        else:
            with pytest.raises(WrongFormatError, match="nothing of the archive can be read"):
                read_calls([str(path)])


def test_a_size_of_very_many_digits_is_as_much_as_there_is(tmp_path: Path) -> None:
    path, digits = tmp_path / "logs.tar", "9" * 6000
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, pax_headers={"size": digits}) as archive:
        info = tarfile.TarInfo("a.log")
        info.size, info.pax_headers = len(FIRST), {"size": digits}
        archive.addfile(info, io.BytesIO(FIRST))
    assert digits.encode() in path.read_bytes()
    log = read_calls([str(path)])
    assert len(log.calls) == 3
    assert any("ends early" in note for note in log.calls.notes)


def test_files_that_are_no_logs_are_not_looked_through_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_MOST_OTHERS", 20)
    path = tmp_path / "logs.zip"
    others = {f"{n}.txt": b"hello\n" for n in range(21)}
    path.write_bytes(zipped({"a.log": FIRST} | dict(list(others.items())[:20])))
    assert len(read_calls([str(path)]).calls) == 3
    path.write_bytes(zipped({"a.log": FIRST} | others))
    with pytest.raises(WrongFormatError, match=r"logs\.zip: over 20 files in it are no logs: unpack it, and"):
        read_calls([str(path)])


def test_a_zip_bomb_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"bomb": b"0" * (256 << 20), "lines": b"1234567\n" * (8 << 20), "a.log": FIRST}))
    script = (
        "import resource, sys\n"
        "import polars\n"
        "from cbtool.logs import read_calls\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(len(read_calls(sys.argv[1:]).calls))\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    calls, used = map(int, result.stdout.split())
    assert calls == 3
    assert used < 200
