"""What does not fit in memory, in unnamed temporary files: arrays, and rows in the order of a key."""

from cbtool.scratch.arrays import Scratch
from cbtool.scratch.sorting import Sorter, check_together, cuts, in_order, samples_of

__all__ = ["Scratch", "Sorter", "check_together", "cuts", "in_order", "samples_of"]
