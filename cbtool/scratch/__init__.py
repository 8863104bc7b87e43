"""What does not fit in memory, in unnamed temporary files: arrays, and rows in the order of a key."""

from cbtool.scratch.arrays import Scratch
from cbtool.scratch.sorting import Sorter

__all__ = ["Scratch", "Sorter"]
