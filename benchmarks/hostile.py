"""Files that want to do harm: what each costs `cbtool recommend`, as a process of its own.

    python benchmarks/hostile.py [NAME ...]

Each file is made in a temporary directory and read by a fresh process, of which are printed the time, the
most memory that it held, its exit status, and the first line that it said. One is made and deleted after the
other; the largest takes 0.6 GB of disk.
"""

from __future__ import annotations

import gzip
import io
import multiprocessing
import os
import random
import struct
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MB = 1 << 20
GIVE_UP = 300  # seconds
LINE = b'::1 - - [09/Oct/2025:10:00:%02d +0000] "GET /a HTTP/1.1" 200 5 "-" "curl" 0.001\n'
LINES = b"".join(LINE % (i % 60) for i in range(600))


def written(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)


def zipped(path: Path, piece: bytes, times: int) -> None:
    with gzip.open(path, "wb", compresslevel=6) as file:
        for _ in range(times):
            file.write(piece)


def zstandard(path: Path, piece: bytes, times: int) -> None:
    with zstd.open(path, "wb") as file:
        for _ in range(times):
            file.write(piece)


def parquet_of_one_value(path: Path, rows: int) -> None:
    """A small file of very many rows, all the same."""
    import polars as pl  # noqa: PLC0415  # not in the process that measures

    frame = pl.select(
        timestamp=pl.repeat(1_700_000_000, rows, dtype=pl.Int64), status=pl.repeat(200, rows, dtype=pl.Int16)
    )
    frame.write_parquet(path, compression="zstd", row_group_size=rows)


def parquet_of_one_group(path: Path, rows: int) -> None:
    """What is no harm: a long table that its writer did not cut into row groups."""
    import polars as pl  # noqa: PLC0415  # not in the process that measures

    seconds = pl.int_range(rows, eager=True) / 100 + 1_700_000_000
    status = pl.select(pl.when(seconds % 60 < 1).then(503).otherwise(200).alias("status"))
    status.with_columns(timestamp=seconds).write_parquet(path, row_group_size=rows)


def parquet_that_lies(path: Path) -> None:
    """One whose footer says that it is 2 GB long."""
    import polars as pl  # noqa: PLC0415  # not in the process that measures

    out = io.BytesIO()
    pl.DataFrame({"timestamp": [1_700_000_000], "status": [200]}).write_parquet(out)
    data = out.getvalue()
    path.write_bytes(data[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1")


HAR = b'{"log":{"version":"1.2","entries":['
HAR_ENTRY = (
    b'{"startedDateTime":"2025-10-09T10:00:00.000Z","time":5,"request":{"method":"GET","url":"http://h/a"},'
    b'"response":{"status":200,"content":{"text":"%s"}}}'
)


def har(path: Path, megabytes: int) -> None:
    entry = HAR_ENTRY % (b"x" * 20_000)
    count = megabytes * MB // len(entry)
    written(path, [HAR, *((entry + b",") for _ in range(count)), entry, b"]}}"])


def har_of_one_entry(path: Path, begin: bytes, piece: bytes, end: bytes) -> None:
    """One entry with 600 MB in it, between two that are as they should be."""
    usual = HAR_ENTRY % b""
    pieces = (piece for _ in range(600 * MB // len(piece)))
    written(path, [HAR + usual + b"," + begin, *pieces, end + b"," + usual + b"]}}"])


def laughs(path: Path) -> None:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE testResults [<!ENTITY l0 "lol">{entities}]>'
        '<testResults version="1.2"><httpSample t="1" ts="1" rc="200">&l11;</httpSample></testResults>'
    )


def noise(path: Path, megabytes: int) -> None:
    source = random.Random(7)
    written(path, (source.randbytes(MB) for _ in range(megabytes)))


def unfriendly(path: Path) -> None:
    """Lines in which a backtracking expression would be lost."""
    hard = [b'"' * 60_000, b"\\" * 60_000, b'[" ' * 20_000, b"a=" * 30_000, b'"a" ' * 15_000, b"{" * 60_000]
    hard += [b'::1 - - [09/Oct/2025:10:00:00 +0000] "' + b'\\"' * 30_000, b"0.1, " * 12_000, b"1/" * 30_000]
    written(path, [LINES, *(line + b"\n" for line in hard * 60)])


def zip_of(path: Path, files: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in files:
            with archive.open(name, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)


def tar_header(name: str, size: int, kind: bytes = b"0") -> bytes:
    """A header that may claim any size, as GNU tar writes large ones."""
    head = tarfile.TarInfo(name)
    head.size, head.type = size, kind
    return head.tobuf(tarfile.GNU_FORMAT)


def tar_of(path: Path, *files: tuple[str, int, bytes]) -> None:
    """An archive of log files, each said to have so many bytes and followed by what it has."""
    padded = (tar_header(name, size) + data + bytes(-len(data) % 512) for name, size, data in files)
    written(path, [*padded, bytes(1024)])


def tar_of_a_large_word(path: Path) -> None:
    """One whose header in pax's way gives a size of 60,000 digits."""
    size = b"9" * 60_000
    said = b"%d size=%b\n" % (len(size) + 12, size)
    head = tar_header("pax", len(said), b"x") + said + bytes(-len(said) % 512)
    written(path, [head, tar_header("a.log", len(LINES)), LINES, bytes(-len(LINES) % 512 + 1024)])


def nested(path: Path, deep: int) -> None:
    """Archives in archives, beside a log."""
    data = LINES
    for _ in range(deep):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("again.zip", data)
            archive.writestr("a.log", LINES)
        data = out.getvalue()
    path.write_bytes(data)


FILES: dict[str, Callable[[Path], None]] = {
    "a usual log, for comparison": lambda path: written(path, [LINES] * 100),
    "one line of 100 MB": lambda path: written(path, [b"x" * MB] * 100),
    "a log with a line of 100 MB": lambda path: written(
        path, [LINES * 10, *[b"x" * MB] * 100, b"\n", LINES * 10]
    ),
    "gzip: 2 GB of zeros": lambda path: zipped(path, bytes(MB), 2048),
    "zstd: 8 GB of zeros": lambda path: zstandard(path, bytes(MB), 8192),
    "gzip: 1 GB of empty lines": lambda path: zipped(path, b"\n" * MB, 1024),
    "gzip: 1 GB of one-letter lines": lambda path: zipped(path, b"x\n" * (MB // 2), 1024),
    "zstd: 1 GB of good lines": lambda path: zstandard(path, LINES, 1024 * MB // len(LINES)),
    "zip: 4 GB of zeros beside a log": lambda path: zip_of(
        path, [("zeros", [bytes(MB)] * 4096), ("a.log", [LINES])]
    ),
    "zip: 1 GB of good lines": lambda path: zip_of(path, [("a.log", [LINES] * (1024 * MB // len(LINES)))]),
    "zip: 10,000 files of noise": lambda path: zip_of(
        path, ((f"{n}.log", [random.Random(n).randbytes(2000)]) for n in range(10_000))
    ),
    "zip: 10,000 logs of a line": lambda path: zip_of(
        path, ((f"{n}.log", [LINE % (n % 60)]) for n in range(10_000))
    ),
    "zip: 20,000 empty files": lambda path: zip_of(path, ((f"{n}.log", []) for n in range(20_000))),
    "zip: 50 archives deep": lambda path: nested(path, 50),
    "tar: a file of 600 MB without a line": lambda path: tar_of(
        path, ("a.log", len(LINES), LINES), ("x.log", 600 * MB, bytes(600 * MB))
    ),
    "tar: a log said to have 2^60 bytes": lambda path: tar_of(path, ("a.log", 1 << 60, LINES)),
    "tar: a size of 60,000 digits": tar_of_a_large_word,
    "lines against expressions": unfriendly,
    "100 MB of NULs in lines": lambda path: written(
        path, [LINES * 20, *[(b"\0" * 99 + b"\n") * 10_000] * 100]
    ),
    "100 MB of noise": lambda path: noise(path, 100),
    "noise behind a log": lambda path: written(
        path, [LINES * 200, *(random.Random(3).randbytes(MB) for _ in range(3))]
    ),
    "Latin-1": lambda path: written(path, [LINES.replace(b"curl", b"caf\xe9")] * 200),
    "the year 0": lambda path: written(path, [LINES.replace(b"2025", b"0000"), LINES * 3]),
    "JSON, 10 million deep": lambda path: written(path, [b'{"timestamp":' + b"[" * 10_000_000]),
    "a HAR, 10 million deep": lambda path: written(path, [b'{"log":{"entries":' + b"[" * 10_000_000]),
    "spans, 10 million deep": lambda path: written(path, [b'{"resourceSpans":' + b"[" * 10_000_000]),
    "a trace, 10 million deep": lambda path: written(
        path, [b'{"data":[{"traceID":"1","spans":', b"[" * 10_000_000]
    ),
    "a trace of 600 MB": lambda path: written(
        path,
        [b'{"traceID":"1","spans":[{"traceID":"1","operationName":"', *[b"x" * MB] * 600, b'"}]}\n'],
    ),
    "XML: a billion laughs": laughs,
    "XML, a million deep": lambda path: written(
        path, [b'<testResults version="1.2">', *[b"<httpSample>" * 10_000] * 100]
    ),
    "XML: a text of 300 MB": lambda path: written(
        path, [b'<testResults><httpSample ts="1"><java.net.URL>', *[b"x" * MB] * 300]
    ),
    "XML: an attribute of 300 MB": lambda path: written(
        path, [b'<testResults><httpSample ts="', *[b"1" * MB] * 300]
    ),
    "a HAR of 600 MB": lambda path: har(path, 600),
    "a HAR of 300 MB": lambda path: har(path, 300),
    "a HAR with a text of 600 MB": lambda path: har_of_one_entry(
        path, *(HAR_ENTRY.partition(b"%s")[0], b"x\\n" * 100_000, HAR_ENTRY.partition(b"%s")[2])
    ),
    "a HAR with an entry of 600 MB": lambda path: har_of_one_entry(
        path, (HAR_ENTRY % b"")[:-1] + b',"_x":[0', b',{"a":"b"}' * 100_000, b"]}"
    ),
    "a HAR of 30 million empty entries": lambda path: written(
        path, [HAR + b"0", *[b",{}" * 1_000_000] * 30, b"]}}"]
    ),
    "Parquet: 200 million rows in little": lambda path: parquet_of_one_value(path, 200_000_000),
    "Parquet: 10 million in one group": lambda path: parquet_of_one_group(path, 10_000_000),
    "Parquet that lies": parquet_that_lies,
    "CSV: a quote that never ends": lambda path: written(
        path, [b'timestamp,status,error\n1700000000,200,"', *[b"1700000000,200,x\n" * 10_000] * 600]
    ),
    "counts: 10^15 calls": lambda path: written(path, [b"timestamp,total,errors\n1700000000,1e15,0\n"] * 1),
    "vegeta: a length of 2^60": lambda path: written(
        path, [b"\x7f\xff\x81\x03\x01\x01\x06Result\x01", b"\xf8\x10" + bytes(7), bytes(100 * MB)]
    ),
    "Gatling: strings of 2 GB": lambda path: written(
        path, [b"\0\0\0\0\x063.14.9\0\x7f\xff\xff\xff", *[bytes(MB)] * 100]
    ),
    "UTF-16: 500 MB without a line": lambda path: written(path, [b"\xff\xfe", *[b"x\0" * (MB // 2)] * 500]),
}


def measured(path: Path) -> tuple[float, float, int, str]:
    """Seconds, MB, exit status and the first line of what was said, of recommend on a file."""
    said = path.with_suffix(".said")
    began = time.perf_counter()
    with said.open("wb") as out:
        process = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "cbtool", "recommend", str(path)],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, out.fileno(), 2)],
        )
        while True:
            done, status, used = os.wait4(process, os.WNOHANG)
            if done:
                break
            if time.perf_counter() - began > GIVE_UP:
                os.kill(process, 9)
            time.sleep(0.02)
    lines = said.read_text("utf-8", "replace").strip().split("\n")
    first = next((line for line in lines if "…" not in line[-3:] or "cbtool" in line), "")
    code = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - began, used.ru_maxrss / 1024, code, first.replace(str(path), path.name)


def main() -> None:
    """Print a row a file."""
    wanted = sys.argv[1:]
    print(f"{'what':36} {'size':>9} {'time':>8} {'memory':>8} {'exit':>5}  first line")
    with tempfile.TemporaryDirectory() as folder:
        for name, make in FILES.items():
            if wanted and not any(part in name for part in wanted):
                continue
            path = Path(folder) / "hostile.log"
            # In a process of its own: what this one ever held would count as its children's.
            maker = multiprocessing.get_context("fork").Process(target=make, args=(path,))
            maker.start()
            maker.join()
            size = path.stat().st_size / MB
            seconds, memory, status, first = measured(path)
            print(
                f"{name:36} {size:6.1f} MB {seconds:6.1f} s {memory:5.0f} MB {status:5}  {first[:90]}",
                flush=True,
            )
            path.unlink()


if __name__ == "__main__":
    main()
