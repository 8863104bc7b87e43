"""What of the traffic the method reads: calls as columns, loads, healthy latency, breakers."""
