"""Taking lines apart, compiled: once over a block of bytes, and out come the places of what is wanted.

`patterns.py` turns a pattern into instructions, `fusing.py` these into a program, and `matching.py` runs it;
`rows.py` splits delimited rows, `objects.py` reads JSON and `batches.py` OpenTelemetry's, `pairs.py` finds
`key=value`. What they find are `Spans`, which `clocks.py`, `numbers.py`, `words.py` and `texts.py` turn into
columns. No line makes any of them fail: what is not there has no place.
"""
