"""One candidate for the settings: its numbers, where to start, and the moves from one to another."""
