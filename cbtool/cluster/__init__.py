"""The same work on a Dask cluster: files are read, and settings simulated, by its workers.

What comes back is what one machine makes, bit for bit. Each file, or range of a large one's lines, is parsed
by one worker (`parsing.py`); its calls stay with the workers, which sort them into parts of a million in the
order of their starts (`reading.py`). Settings go through these parts in groups (`runner.py`): a group that
has gone through one is a state of some kilobytes a setting, which goes where the next part is, or the part
comes to it, as the scheduler sees fit. So no machine needs more than a part at a time, and different groups
are at different parts. What a worker loses, others make again from the files.

Needs the extra `cluster`. The workers must run the same version of cbtool, and see the files under the same
names.
"""

from cbtool.cluster.runner import Cluster, connected

__all__ = ["Cluster", "connected"]
