"""Normalized type name -> `module:Class`. Written by `python -m shapecalc.layers.index`."""

NAMES: dict[str, str] = {}
