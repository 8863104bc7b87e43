"""Thousands of settings over one traffic: which are tried, what becomes of each, and which are worth a look.

`axes.py` reads what varies, `designs.py` chooses the points, `running.py` simulates them on all cores and
judges each, `front.py` finds those that no other beats.
"""
