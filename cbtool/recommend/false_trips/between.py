"""What lies between two breakers' stretches, on the one clock that an exposure puts them all on.

The same lengths say what a hole in one breaker's calls is taken for, as where a log was off for days.
"""

BETWEEN = 10**15
"""Nanoseconds from one breaker's stretch to the next."""
ANOTHER = BETWEEN // 2
"""Nanoseconds without a call after which it is another breaker's; in a log, no window is so long."""
NO_TIME = 10**14
"""Nanoseconds without a call that are no time of any load: a day of silence is a service that was off."""
