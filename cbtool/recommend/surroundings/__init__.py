"""What surrounds the settings: reasons, how sure they are, alternatives, doubts, the log under them."""
