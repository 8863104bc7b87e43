"""Test and tune circuit breakers on real, recorded and generated traffic."""

__version__ = "0.1.0"
