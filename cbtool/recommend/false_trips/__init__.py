"""How often a gate would open on healthy traffic, on the safe side, beyond what was seen."""
