"""`python -m shapecalc`: the same as the command `shapecalc`."""

from __future__ import annotations

from shapecalc.cli import run

if __name__ == "__main__":
    run()
