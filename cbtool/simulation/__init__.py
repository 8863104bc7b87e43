"""Virtual time: recorded or generated calls through a breaker, as fast as the machine computes."""
