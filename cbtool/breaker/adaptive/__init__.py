"""Breakers without states: they refuse a share of the calls, and change that share as results come in.

`policy.py` says which there are; `throttle.py` is what the machine's steps call. The random number that
decides over a call comes from the breaker's seeded stream, so that a run can be repeated.
"""
