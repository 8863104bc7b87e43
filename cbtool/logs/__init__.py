"""Reading logs: files, `.gz`, `.zst` and standard input become `Calls`, in bounded memory and time.

`reading.py` is the whole way; `blocks.py` cuts a stream of bytes into blocks of whole lines, `streams.py`
opens and decompresses, `tables.py` reads run records saved as Parquet. What the lines mean is
`cbtool.traffic.formats`' business.
"""

from cbtool.logs.reading import LogRead, RejectedLine, read_calls

__all__ = ["LogRead", "RejectedLine", "read_calls"]
