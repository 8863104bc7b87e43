"""Reading logs from files: compression, several files, and input that wants to do harm."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import time
import zlib
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from cbtool.errors import ConfigurationError, InsufficientDataError, UnreachableError, WrongFormatError
from cbtool.live.record import RunRecorder
from cbtool.live.record_lines import CallLine, End, Header, TransitionLine
from cbtool.logs import RejectedLine, read_calls, read_long_calls, tables
from cbtool.logs.blocks import LONGEST_SKIPPED, blocks
from cbtool.logs.streams import Stream
from cbtool.traffic.calls import Calls
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.formats.parsing import LONGEST_LINE
from cbtool.traffic.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MB = 1 << 20


def nginx(second: int = 0, seconds: str = "0.250", status: int = 200, agent: str = "curl/8.5.0") -> str:
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f'::1 - - [09/Oct/2025:{clock} +0000] "GET /{second} HTTP/1.1" {status} 5 "-" "{agent}" {seconds}'


def text(*lines: str, end: str = "\n") -> bytes:
    return "".join(line + end for line in lines).encode()


THREE = text(nginx(10), nginx(11, status=503), nginx(12))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def test_a_log_end_to_end(log: Path) -> None:
    # The times are ends, of whole seconds; the second call took the longest and started first.
    log.write_bytes(text(nginx(10, "0.100"), nginx(11, "3.000", 503), "nonsense", nginx(12, "0.500", 404)))
    read = read_calls([str(log)])
    assert (read.format, read.lines, read.rejected) == ("nginx", 4, 1)
    assert read.samples == (RejectedLine(str(log), 3, "nonsense"),)
    assert read.calls.epoch == 1_759_968_008.0
    assert (read.calls.start_ns / 1e9).tolist() == [0, 1.9, 3.5]
    assert (read.calls.duration_ns / 1e9).tolist() == [3, 0.1, 0.5]
    assert read.calls.status.tolist() == [503, 200, 404]
    assert read.calls.method is not None
    assert read.calls.method.to_list() == ["GET"] * 3
    assert read.calls.path is not None
    assert read.calls.path.to_list() == ["/11", "/10", "/12"]


def test_texts_that_nobody_wants_are_not_read(log: Path) -> None:
    log.write_text("timestamp,status,method,path,instance\n1,200,GET,/a,x\n2,503,PUT,/b,y\n")
    calls = read_calls([str(log)], texts=("method",)).calls
    assert calls.method is not None
    assert calls.method.to_list() == ["GET", "PUT"]
    assert (calls.path, calls.host, calls.upstream, calls.instance, calls.instances) == (
        None,
        None,
        None,
        None,
        (),
    )
    assert calls.status.tolist() == [200, 503]
    none = read_long_calls([str(log)], texts=(), which=Selection(path=("/b",))).calls
    assert isinstance(none, Calls)
    assert (none.status.tolist(), none.method) == ([503], None)
    assert none.path is not None, "what chooses calls is read"


def test_a_csv_end_to_end(log: Path) -> None:
    log.write_text("timestamp,duration_ms,status\n1760000000.5,100,200\n1760000000.25,50,\nx,1,200\n")
    read = read_calls([str(log)])
    assert (read.format, read.lines, read.rejected) == ("csv", 3, 1)
    assert read.samples == (RejectedLine(str(log), 4, "x,1,200"),)
    assert read.calls.start_ns.tolist() == [0, 250_000_000]
    assert read.calls.status.tolist() == [0, 200]


@pytest.mark.parametrize(
    ("what", "pack"),
    [
        ("plain", lambda data: data),
        ("gzip", gzip.compress),
        (
            "gzip in two members, as logrotate appends",
            lambda data: gzip.compress(data[:99]) + gzip.compress(data[99:]),
        ),
        ("gzip padded with zeros", lambda data: gzip.compress(data) + b"\0" * 512),
        ("bzip2", bz2.compress),
        ("bzip2 in two streams", lambda data: bz2.compress(data[:99]) + bz2.compress(data[99:])),
        ("xz", lzma.compress),
        ("xz in two streams", lambda data: lzma.compress(data[:99]) + lzma.compress(data[99:])),
        ("zstd", zstd.compress),
        ("zstd in two frames", lambda data: zstd.compress(data[:99]) + zstd.compress(data[99:])),
        ("Windows' line ends", lambda data: data.replace(b"\n", b"\r\n")),
        ("a byte order mark", lambda data: b"\xef\xbb\xbf" + data),
        ("blank lines in front and behind", lambda data: b"\n \n\r\n" + data + b"\n\n"),
        ("no end of the last line", lambda data: data[:-1]),
    ],
)
def test_however_it_is_packed(what: str, pack: object, log: Path) -> None:
    log.write_bytes(pack(THREE))  # type: ignore[operator]
    read = read_calls([str(log)])
    assert (read.lines, read.rejected, read.format) == (3, 0, "nginx"), what
    assert read.calls.status.tolist() == [200, 503, 200]


def test_standard_input_may_be_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(THREE))))
    assert read_calls(["-"]).lines == 3


def test_several_files_of_several_kinds_are_merged_by_time(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(text(nginx(20, status=201), nginx(40, status=203), "oops"))
    (tmp_path / "b.csv").write_text("timestamp,status\n2025-10-09T00:00:30Z,202\n2025-10-09T00:00:10,204\n")
    (tmp_path / "empty.log").write_bytes(b"")
    read = read_calls([str(tmp_path / name) for name in ("a.log", "b.csv", "empty.log")])
    assert read.calls.status.tolist() == [204, 201, 202, 203]
    assert (read.format, read.lines, read.rejected) == ("nginx, csv", 5, 1)
    assert read.samples[0].file.endswith("a.log")
    assert any("2 of 4 calls have no duration" in note for note in read.calls.notes)


def test_the_first_rejected_lines_are_kept_with_their_numbers(log: Path) -> None:
    lines = [nginx(i) if i % 2 else f"bad\x1b[2J {i}" for i in range(19)]
    log.write_bytes(text(*lines, *[nginx(30)] * 10))
    read = read_calls([str(log)])
    assert (read.lines, read.rejected, len(read.calls)) == (29, 10, 19)
    assert [(sample.line, sample.text) for sample in read.samples] == [
        (line, f"bad\ufffd[2J {line - 1}") for line in (1, 3, 5, 7, 9)
    ]


def test_line_numbers_go_on_over_blocks(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbtool.logs.streams.PIECE", 100)
    monkeypatch.setattr("cbtool.logs.files.blocks", lambda pieces, name: blocks(pieces, name, size=300))
    log.write_bytes(text("", *[nginx(i) for i in range(40)], "bad", *[nginx(i) for i in range(40)], "worse"))
    read = read_calls([str(log)])
    assert (read.lines, read.rejected, len(read.calls)) == (82, 2, 80)
    assert [sample.line for sample in read.samples] == [42, 83]


# Nothing to read


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"gone\.log: cannot be read: No such file"):
        read_calls([str(tmp_path / "gone.log")])


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="is a directory; name the log files in it"):
        read_calls([str(tmp_path)])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(log: Path) -> None:
    log.write_bytes(THREE)
    log.chmod(0)
    with pytest.raises(UnreachableError, match="Permission denied"):
        read_calls([str(log)])


def test_a_name_with_a_nul() -> None:
    with pytest.raises(UnreachableError, match="cannot be read"):
        read_calls(["a\0b"])


def test_reading_that_fails_half_way() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:  # noqa: ARG002  # as files have it
            raise OSError(5, "Input/output error")

    with pytest.raises(UnreachableError, match="disk: cannot be read: Input/output error"):
        list(Stream("disk", Broken()).pieces())


@pytest.mark.parametrize("data", [b"", b"\n\n", b"  \r\n", gzip.compress(b"", mtime=0), b"\xef\xbb\xbf"])
def test_an_empty_file(data: bytes, log: Path) -> None:
    log.write_bytes(data)
    with pytest.raises(InsufficientDataError, match=r"access\.log: empty") as caught:
        read_calls([str(log)])
    assert caught.value.needs == ("a log with at least one request",)


@pytest.mark.parametrize(
    "data", ["timestamp,status\n", '{"type":"header","cbtool":"1","epoch":1}\n{"type":"end","t":1}\n']
)
def test_a_log_without_a_call(data: str, log: Path) -> None:
    log.write_text(data)
    with pytest.raises(InsufficientDataError, match="no call in it"):
        read_calls([str(log)])


# Something else


@pytest.mark.parametrize(
    ("what", "data", "seen"),
    [
        ("HTML", b"<html>\n<body>\n", "'<html>'"),
        ("a line of control characters", b"\x1b]0;owned\x07\n", "'\ufffd]0;owned\ufffd'"),
        ("a long line", b"x" * 500 + b"\n", "'" + "x" * 60 + "…'"),
        ("a binary", bytes(range(256)) * 50, "known log format"),
        ("an application's log", b'{"timestamp":1,"level":"info"}\n', '{"timestamp":1,"level":"info"}'),
        ("half a line", nginx()[:40].encode(), "known log format"),
        ("UTF-16 without a mark", THREE.decode().encode("utf-16-le"), "known log format"),
    ],
)
def test_a_log_of_another_kind(what: str, data: bytes, seen: str, log: Path) -> None:
    log.write_bytes(data)
    with pytest.raises(WrongFormatError) as caught:
        read_calls([str(log)])
    message = str(caught.value)
    assert message.startswith(f"{log}:1: no known log format"), what
    assert seen in message
    assert ("--log-format" in message) or ("--map" in message)
    assert all(c.isprintable() for c in message.replace("\n", ""))


def test_most_lines_fail_below_a_good_beginning(log: Path) -> None:
    log.write_bytes(text(*[nginx(1)] * 300, *["other"] * 301))
    with pytest.raises(
        WrongFormatError, match=r"access.log:301: 301 of 601 lines are not nginx; this one: 'other'"
    ):
        read_calls([str(log)])


def test_half_of_the_lines_fail_and_the_rest_is_read(log: Path) -> None:
    log.write_bytes(text(*[nginx(1)] * 300, *["other"] * 300))
    assert read_calls([str(log)]).rejected == 300


def test_a_named_format_is_held_to(log: Path) -> None:
    log.write_bytes(THREE)
    assert read_calls([str(log)], log_format="nginx").format == "nginx"
    with pytest.raises(WrongFormatError, match=r"access.log:1: not csv"):
        read_calls([str(log)], log_format="csv")
    with pytest.raises(WrongFormatError, match=r"access.log:1: 3 of 3 lines are not nginx-keyed"):
        read_calls([str(log)], log_format="nginx-keyed")
    with pytest.raises(ConfigurationError, match="unknown log format 'apache'"):
        read_calls([str(log)], log_format="apache")


def test_a_named_format_where_content_says_another(log: Path) -> None:
    log.write_bytes(text(nginx(1, "1500"), nginx(2, "2500")))
    assert read_calls([str(log)]).format == "apache-us"
    read = read_calls([str(log)], log_format="apache-ms")
    assert (read.calls.duration_ns / 1e9).tolist() == [1.5, 2.5]


# Cut off

RECORD = text(
    '{"type":"header","cbtool":"0.1.0","format":1,"epoch":1760000000.0}',
    *(
        f'{{"type":"call","t":{t},"lag_ms":0,"duration_ms":5,"status":200,"permitted":true}}'
        for t in range(2000)
    ),
)


def test_a_line_that_is_still_being_written_is_no_mistake(log: Path) -> None:
    log.write_bytes(RECORD[:-20])
    read = read_calls([str(log)])
    assert (len(read.calls), read.rejected, read.format) == (1999, 0, "record")


def test_a_record_with_one_call_and_a_cut_line(log: Path) -> None:
    log.write_bytes(b"\n".join(RECORD.split(b"\n")[:3])[:-10])
    assert len(read_calls([str(log)]).calls) == 1


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_that_ends_early_is_read_up_to_there(pack: object, log: Path) -> None:
    packed = pack(THREE * 20_000)  # type: ignore[operator]
    log.write_bytes(packed[: len(packed) // 2])
    read = read_calls([str(log)])
    assert 1_000 < len(read.calls) < 60_000
    assert read.rejected == 0
    assert f"{log}: the compressed data ends early; it was read up to there" in read.calls.notes


def test_a_record_that_a_kill_cut_off_reads_up_to_its_last_flush(log: Path) -> None:
    packer = zlib.compressobj(wbits=31)
    log.write_bytes(packer.compress(RECORD[:-50]) + packer.flush(zlib.Z_SYNC_FLUSH))
    assert len(read_calls([str(log)]).calls) == 1999


def test_a_cut_number_is_not_taken_for_a_whole_one(log: Path) -> None:
    data = b"timestamp,status\n" + b"".join(b"%d,503\n" % t for t in range(50))
    packer = zlib.compressobj(wbits=31)
    log.write_bytes(packer.compress(data[:-2]) + packer.flush(zlib.Z_SYNC_FLUSH))
    assert set(read_calls([str(log)]).calls.status.tolist()) == {503}


def test_damaged_data_is_read_up_to_the_damage(log: Path) -> None:
    packed = bytearray(gzip.compress(THREE * 20_000, 1))
    packed[len(packed) // 2 :] = b"\xff" * 1000
    log.write_bytes(packed)
    read = read_calls([str(log)])
    assert len(read.calls) > 1000
    assert any("ends early" in note for note in read.calls.notes)


def test_what_only_begins_like_a_compressed_file(log: Path) -> None:
    log.write_bytes(b"\x1f\x8bnot gzip at all")
    with pytest.raises(WrongFormatError, match="damaged: nothing of the compressed data can be read"):
        read_calls([str(log)])


# Our own run records, as the recorder writes them


@pytest.mark.parametrize("name", ["run.ndjson", "run.ndjson.gz", "run.parquet"])
def test_a_run_record_however_it_was_saved(name: str, tmp_path: Path) -> None:
    told = {"state": "closed", "instance": 0, "method": "GET", "path": "/a"}
    with RunRecorder(tmp_path / name) as recorder:
        recorder.put(
            Header(
                cbtool="0.1.0",
                command="probe",
                target="http://127.0.0.1/",
                started="2025-10-09T08:53:20Z",
                epoch=1_760_000_000.5,
                seed=1,
                instances=1,
                shadow=False,
                timeout=1.0,
                profile={"breaker": {}},
                outcomes={"failure": ["5xx"], "ignored": []},
            )
        )
        recorder.put(CallLine(0.5, 1.0, permitted=True, duration_ms=20.0, status=200, **told))
        recorder.put(TransitionLine(1.0, 0, "closed", "open", "failure_rate", 1, 1, 0, ""))
        recorder.put(CallLine(1.0, 0.0, permitted=False, **told))
        recorder.put(
            CallLine(2.5, 0.0, permitted=True, duration_ms=1000.0, status=0, error="timeout", **told)
        )
        recorder.put(End(3.0, interrupted=False, calls=3, dropped=0))
    read = read_calls([str(tmp_path / name)])
    assert (read.format, read.rejected) == ("record", 0)
    assert read.calls.epoch == 1_760_000_001.001
    assert read.calls.start_ns.tolist() == [0, 1_999_000_000]
    assert read.calls.duration_ns.tolist() == [20_000_000, 1_000_000_000]
    assert read.calls.status.tolist() == [200, 0]
    assert read.calls.error.tolist() == [ErrorKind.NONE, ErrorKind.TIMEOUT]
    assert read.calls.path is not None
    assert read.calls.path.to_list() == ["/a", "/a"]


def test_a_table_of_something_else(log: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(log)
    with pytest.raises(WrongFormatError, match="with --map what columns mean"):
        read_calls([str(log)])


def test_a_damaged_table(log: Path) -> None:
    log.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(WrongFormatError, match="not a readable Parquet file"):
        read_calls([str(log)])


@pytest.mark.parametrize("columns", [2, 12])
def test_a_row_group_of_any_length_is_read_by_and_by(
    log: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    rows = 1000
    table = pl.DataFrame(
        {"timestamp": [1_760_000_000 + row / 8 for row in range(rows)], "status": [200, 503] * (rows // 2)}
        | {f"c{column}": [f"{column}"] * rows for column in range(columns - 2)}
    )
    table.write_parquet(log, row_group_size=rows)
    monkeypatch.setattr(tables, "_VALUES", 720)
    monkeypatch.setattr(tables, "_ROWS", 50)
    decoded = []

    def written(part: pl.DataFrame) -> Iterator[bytes]:
        decoded.append(len(part))
        return original(part)

    original = tables._written
    monkeypatch.setattr(tables, "_written", written)
    calls = read_calls([str(log)]).calls
    assert calls.start_ns.tolist() == [row * 125_000_000 for row in range(rows)]
    assert calls.status.tolist() == [200, 503] * (rows // 2)
    assert max(decoded) == {2: 144, 12: 60}[columns]
    assert sum(decoded) == rows


# Hostile


def test_a_table_of_more_rows_than_bytes_could_tell_apart(log: Path) -> None:
    rows = 2_000_000
    pl.select(timestamp=pl.repeat(1, rows, dtype=pl.Int64), status=200).write_parquet(log)
    with pytest.raises(WrongFormatError, match=r"access\.log: 2,000,000 rows in [\d,]+ bytes: no log is"):
        read_calls([str(log)])
    told = subprocess.run(
        [sys.executable, "-m", "cbtool", "recommend", log], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)


def test_a_long_text_in_every_row_is_not_written_out_at_once() -> None:
    table = pl.DataFrame({"a": ["x" * (1 << 20)]}).select(pl.col("a").repeat_by(100).explode())
    written = list(tables._written(table))
    assert max(map(len, written)) <= 17 << 20
    assert sum(piece.count(b"\n") for piece in written) == 100


def test_wrong_encodings_spoil_nothing(log: Path) -> None:
    log.write_bytes(
        text(nginx(1)) + text(nginx(2, agent="Käse")).decode().encode("latin-1") + b"\xff\xfe\n" + THREE
    )
    read = read_calls([str(log)])
    assert (len(read.calls), read.rejected) == (5, 1)
    assert read.samples[0].text == "\ufffd\ufffd"


def test_nuls_spoil_nothing(log: Path) -> None:
    log.write_bytes(text(nginx(1)) + b"\0" * 5000 + b"\n" + b"\0" * 100 + THREE)
    read = read_calls([str(log)])
    assert (len(read.calls), read.rejected) == (4, 1)


@pytest.mark.parametrize("magic", [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"x\x01", b"x\x9c"])
def test_a_line_that_begins_like_a_compressed_file(
    magic: bytes, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Also as the first line of a later block, which polars would take for a file of its own.
    monkeypatch.setattr("cbtool.logs.streams.PIECE", len(THREE))
    monkeypatch.setattr(
        "cbtool.logs.files.blocks", lambda pieces, name: blocks(pieces, name, size=len(THREE))
    )
    log.write_bytes(THREE + magic + b"zzz\n" + THREE)
    read = read_calls([str(log)])
    assert (len(read.calls), read.rejected) == (6, 1)


def test_a_line_of_100_mb_is_one_rejected_line(log: Path) -> None:
    with log.open("wb") as file:
        file.write(THREE)
        for _ in range(100):
            file.write(b"a" * MB)
        file.write(b"\n" + THREE)
    read = read_calls([str(log)])
    assert (len(read.calls), read.rejected, read.lines) == (6, 1, 7)
    assert (read.samples[0].line, read.samples[0].text) == (4, "a" * 200 + "…")


def test_a_file_that_is_one_line_of_100_mb(log: Path) -> None:
    log.write_bytes(gzip.compress(b"a" * (100 * MB), 1))
    began = time.process_time()
    with pytest.raises(WrongFormatError, match=r"no known log format: 'a{60}…'"):
        read_calls([str(log)])
    assert time.process_time() - began < 10


def test_a_line_without_any_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbtool.logs.blocks.LONGEST_SKIPPED", 5 * MB)

    def endless() -> Iterator[bytes]:
        yield THREE
        while True:
            yield b"a" * MB

    with pytest.raises(WrongFormatError, match="bomb: not a log: a line of over"):
        list(blocks(endless(), "bomb"))
    assert LONGEST_SKIPPED == 1 << 30


def test_a_gzip_bomb_costs_no_memory(log: Path) -> None:
    # 256 MB in 250 KB, twice: as one line, and as many short ones that are no log.
    bomb = b"".join(gzip.compress(chunk * (1 << 20), 9) * 16 for chunk in (b"0" * 8, b"1234567\n"))
    log.write_bytes(gzip.compress(THREE) + bomb)
    script = (
        "import resource, sys\n"
        "import polars\n"
        "from cbtool.errors import WrongFormatError\n"
        "from cbtool.logs import read_calls\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    read_calls(sys.argv[1:])\n"
        "except WrongFormatError as error:\n    print('refused')\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(log)], capture_output=True, text=True, check=True
    )
    refused, peak = result.stdout.split()
    assert refused == "refused"
    assert int(peak) < 1000


@given(st.lists(st.binary(max_size=30) | st.just(b"\n") | st.just(b"\r\n"), max_size=20), st.integers(1, 50))
def test_blocks_lose_and_invent_nothing(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    cut = list(blocks(pieces, "x", size))
    joined = b"".join(block.data for block in cut)
    assert joined == (data if not pieces else pieces[0].removeprefix(b"\xef\xbb\xbf") + b"".join(pieces[1:]))
    number = 1
    for block in cut:
        assert block.first == number
        number += block.data.count(b"\n")
        assert block.cut == (not block.data.endswith(b"\n"))
    lines = [line for block in cut for line in block.lines().texts()]
    expected = joined.split(b"\n")
    expected = expected[:-1] if expected[-1] == b"" else expected
    assert [line.encode("utf-8") for line in lines] == [
        line.removesuffix(b"\r").decode("utf-8", "replace").encode() for line in expected
    ]


def test_a_piece_of_any_size_becomes_blocks_in_which_places_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbtool.logs.blocks.BLOCK", 100)
    cut = list(blocks([THREE * 50], "x", 100))
    assert b"".join(block.data for block in cut) == THREE * 50
    assert max(len(block.data) for block in cut) <= 300
    assert [block.first for block in cut] == [
        1 + sum(c.data.count(b"\n") for c in cut[:n]) for n in range(len(cut))
    ]


@pytest.mark.parametrize(
    ("first", "sound", "bad"),
    [
        ("timestamp,status,path", "1,200,/a", '2,503,"/b'),
        ("timestamp,status,path", "1,200,/a", '2,503,"/b"x'),
        (
            '{"timestamp":0,"status":200}',
            '{"timestamp":1,"status":200}',
            '{"timestamp":2,"status":503,"path":"/',
        ),
        ('{"timestamp":0,"status":200}', '{"timestamp":1,"status":200}', '{"timestamp":NaN,"status":503}'),
        (nginx(1), nginx(2), nginx(3).replace('"curl', "'curl").replace('"GET', "GET")),
        (nginx(1), nginx(2), nginx(3, agent='"' * 60_001)),
        (nginx(1), nginx(2), nginx(3, agent="\\" * 60_001)),
        (nginx(1), nginx(2), nginx(3).replace("2025", "0000")),
    ],
)
def test_what_does_not_end_or_is_none_is_one_rejected_line(
    first: str, sound: str, bad: str, log: Path
) -> None:
    # Many good lines: what is bad must not swallow those behind it.
    log.write_bytes(text(first, *[sound] * 40, bad, *[sound] * 40))
    read = read_calls([str(log)])
    assert (read.rejected, read.samples[0].line) == (1, 42)
    assert set(read.calls.status.tolist()) == {200}
    assert len(read.calls) == read.lines - 1


@given(st.integers(1, 5000))
@settings(max_examples=20)
def test_a_long_line_keeps_one_byte_more_than_a_line_may_have(piece: int) -> None:
    data = b"a\n" + b"b" * (LONGEST_LINE * 3) + b"\nc\n" + b"d" * LONGEST_LINE + b"\n"
    pieces = [data[i : i + piece] for i in range(0, len(data), piece)]
    made = [block.lines() for block in blocks(pieces, "x", 1 << 30)]
    lengths = [int(length) for lines in made for length in lines.end - lines.start]
    assert (lengths[0], lengths[2], lengths[3]) == (1, 1, LONGEST_LINE)
    assert lengths[1] > LONGEST_LINE


def test_a_pattern_names_the_files_of_a_rotated_set(tmp_path: Path) -> None:
    rows = [f"{second},200" for second in (1, 2, 3)]
    for name, row in zip(("a.log.2.gz", "a.log.1", "a.log"), rows, strict=True):
        data = f"timestamp,status\n{row}\n".encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    (tmp_path / "b[1].log").write_text("timestamp,status\n9,200\n")
    read = read_calls([str(tmp_path / "a.log*")])
    assert (read.calls.epoch, read.calls.start_ns.tolist()) == (1.0, [0, 10**9, 2 * 10**9])
    assert len(read_calls([str(tmp_path / "b[1].log")]).calls) == 1, "a file of that very name comes first"
    with pytest.raises(UnreachableError, match=r"c\*\.log: no file fits"):
        read_calls([str(tmp_path / "c*.log")])


def test_what_is_dropped_of_long_lines_is_not_kept() -> None:
    import tracemalloc  # noqa: PLC0415  # slow to have on

    tracemalloc.start()
    try:
        pieces = (b"x" * (MB - at % 3 // 2) + b"\n" * (at % 3 // 2) for at in range(180))
        made = list(blocks(pieces, "x"))
        assert sum(len(block.data) for block in made) == 60 * (LONGEST_LINE + 2)
        assert tracemalloc.get_traced_memory()[1] < 25 * MB
    finally:
        tracemalloc.stop()


def test_times_finer_than_the_format_has_them_are_not_spread(tmp_path: Path) -> None:
    line = '::1 - - [2026-11-24T10:00:0{}+00:00] "GET / HTTP/1.1" 200 12 "-" "x" 0.000\n'
    path = tmp_path / "a.log"
    path.write_text("".join(line.format(at) for at in ("0", "0", "1", "1")))
    coarse = read_calls([str(path)]).calls
    path.write_text("".join(line.format(at) for at in ("0.25", "0.25", "1.5", "1.5")))
    fine = read_calls([str(path)]).calls
    assert (coarse.start_ns / 1e9).tolist() == [0, 0.5, 1, 1.5]
    assert (fine.start_ns / 1e9).tolist() == [0, 0, 1.25, 1.25]
    assert any("whole seconds" in note for note in coarse.notes)
    assert not any("whole seconds" in note for note in fine.notes)
