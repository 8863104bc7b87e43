"""Bad stretches without labels: which are incidents to act on, and which are bursts to ride through."""
