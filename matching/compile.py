"""Compile the search where the code is installed, as the user that runs it: `python -m matching.compile`."""

from matching.index import compile_ahead

if __name__ == "__main__" and compile_ahead() is None:
    raise SystemExit("Numba is not installed; the search runs on NumPy alone")
