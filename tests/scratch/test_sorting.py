"""Rows of one moment: kept together while memory can hold them, refused beyond that."""

from __future__ import annotations

import numpy as np
import pytest

from cbtool.errors import WrongFormatError
from cbtool.scratch import Sorter, sorting

ROW = np.dtype([("key", np.int64), ("position", np.int64)])


def rows(keys: list[int], first: int) -> np.ndarray:
    made = np.zeros(len(keys), ROW)
    made["key"], made["position"] = keys, np.arange(first, first + len(keys))
    return made


@pytest.fixture(autouse=True)
def _small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "RUN", 4)
    monkeypatch.setattr(sorting, "TIED", 16)


def test_rows_of_one_key_come_together_in_their_order() -> None:
    sorter = Sorter(ROW)
    for first in range(0, 16, 4):
        sorter.add(rows([7] * 4, first))
    [together] = sorter.sorted()
    sorter.close()
    assert together["position"].tolist() == list(range(16))


def test_more_rows_of_one_key_than_memory_is_meant_for_are_refused() -> None:
    sorter = Sorter(ROW)
    for first in range(0, 20, 4):
        sorter.add(rows([7] * 4, first))
    with pytest.raises(WrongFormatError, match=r"^more than 16 calls at one moment: .*--map"):
        list(sorter.sorted())
    sorter.close()
