"""The checks behind tools/lint.py; Python's standard library only."""
