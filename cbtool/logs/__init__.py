"""Reading logs: files, packed ones, too, and standard input become `Calls`, in bounded memory and time.

`gathering.py` is the whole way, `files.py` that of one source and `reading.py` of a file: `streams.py` opens
and decompresses it, `packed.py` goes through archives, `tables.py` reads run records saved as Parquet,
`blocks.py` cuts the bytes into blocks of whole lines. What does not fit in memory goes by `intake.py` to the
columns of `stored.py`, on disk. What the lines mean is `cbtool.traffic.formats`' business.
"""

from cbtool.logs.gathering import LogRead, read_calls, read_long_calls
from cbtool.logs.refusing import RejectedLine
from cbtool.logs.stored import StoredCalls

__all__ = ["LogRead", "RejectedLine", "StoredCalls", "read_calls", "read_long_calls"]
