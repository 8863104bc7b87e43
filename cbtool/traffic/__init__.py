"""Traffic: when calls arrive, what they are answered, and how recorded ones are read. All of it pure."""
