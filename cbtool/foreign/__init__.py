"""Other libraries' configuration: read into profiles, and profiles written as their users would paste them.

What a setting means, and what the real library rejects, is its dialect's (`cbtool.breaker.dialects`). Here is
only where the settings stand in which file:

- `reading.py`: text → profiles. `trees.py`, `yaml_trees.py` and `blocks.py` parse; `FINDERS` names, by
  library, what finds the settings in a tree (`spring.py`, `mesh.py`); `arguments.py` reads any's data form.
- `writing.py`: a profile → text, through `translate.py` where it speaks another dialect than the target's.
  `files.py` and `code.py` have a line for each library with a form of its own.
"""
