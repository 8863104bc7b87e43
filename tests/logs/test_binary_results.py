"""Binary results of Gatling and vegeta, as the programs wrote them; see samples/README.md."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from cbtool.errors import WrongFormatError
from cbtool.logs import LogRead, gob, read_calls
from cbtool.logs.vegeta import vegeta_lines

SAMPLES = Path(__file__).parent / "samples"
GATLING = SAMPLES / "gatling-3.14.9.log"
VEGETA = SAMPLES / "vegeta-12.13.bin"
MS = 1_000_000


def read(path: Path) -> LogRead:
    return read_calls([str(path)])


def kinds(found: LogRead) -> Counter[tuple[object, ...]]:
    calls = found.calls
    assert calls.path is not None
    return Counter(zip(calls.path, calls.status.tolist(), calls.error.tolist(), strict=True))


def test_gatlings_binary_log() -> None:
    found = read(GATLING)
    assert (found.format, found.rejected, len(found.calls)) == ("gatling", 0, 38)
    assert found.calls.epoch == pytest.approx(1_795_644_111.235, abs=1e-6)
    assert (found.calls.start_ns[:4] // MS).tolist() == [0, 1, 205, 209]
    assert (found.calls.duration_ns[:4] // MS).tolist() == [192, 195, 42, 62]


def test_gatlings_binary_log_says_what_its_text_says() -> None:
    assert kinds(read(GATLING)) == kinds(read(SAMPLES / "gatling-3.11.5.log"))


def test_gatlings_binary_log_cut_off_anywhere(tmp_path: Path) -> None:
    data = GATLING.read_bytes()
    path = tmp_path / "simulation.log"
    for length in range(300, len(data), 97):
        path.write_bytes(data[:length])
        found = read(path)
        assert found.rejected == 0
        assert 0 < len(found.calls) <= 38


def test_gatlings_binary_log_with_damage_in_it(tmp_path: Path) -> None:
    path = tmp_path / "simulation.log"
    path.write_bytes(GATLING.read_bytes()[:900] + b"\x7f" * 300)
    found = read(path)
    assert found.rejected == 1
    assert found.samples[0].text == "damaged"


def test_a_damaged_beginning_of_gatlings_binary_log(tmp_path: Path) -> None:
    path = tmp_path / "simulation.log"
    path.write_bytes(GATLING.read_bytes()[:11] + b"\xff" * 50)
    with pytest.raises(WrongFormatError, match="no known log format: 'damaged'"):
        read(path)


def test_vegetas_own_file_says_what_its_json_says() -> None:
    own, encoded = read(VEGETA), read(SAMPLES / "vegeta-12.13.json")
    assert (own.format, own.rejected, len(own.calls)) == ("vegeta", 0, 24)
    assert own.calls.frame().equals(encoded.calls.frame())
    assert kinds(own)["/hang", 0, 1] == 2  # timeouts


def test_vegetas_own_file_cut_off_or_damaged() -> None:
    data = VEGETA.read_bytes()
    whole = b"".join(vegeta_lines(iter([data]), "v.bin")).splitlines()
    for length in range(400, len(data), 61):
        lines = b"".join(vegeta_lines(iter([data[:length]]), "v.bin")).splitlines()
        assert lines == whole[: len(lines)]
    # The last result's first field is said to be one that there is not.
    at = data.rindex(b"\x01\x0emy attack, one")
    damaged = data[:at] + b"\x60" + data[at + 1 :]
    assert b"".join(vegeta_lines(iter([damaged]), "v.bin")).splitlines() == [*whole[:-1], b'{"damaged": 1}']


def test_a_gob_piece_by_piece() -> None:
    data = VEGETA.read_bytes()
    whole = list(gob.values(iter([data])))
    assert list(gob.values(data[at : at + 7] for at in range(0, len(data), 7))) == whole
    assert whole[0]["Attack"] == "my attack, one"
    assert whole[0]["Body"] == b"hello\n"
    assert dict(whole[0]["Headers"])["Content-Length"] == ["6"]


def test_a_gob_that_lies_about_its_length() -> None:
    with pytest.raises(gob.DamagedError):
        list(gob.values(iter([b"\xfc\xff\xff\xff\xff" + b"\0" * 100])))
