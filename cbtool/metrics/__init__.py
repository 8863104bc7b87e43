"""What is measured of a run, live or simulated: latency, rates, trips, time to reset, impact. Pure."""
