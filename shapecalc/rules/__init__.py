"""Lint rules: what a spec shows to be a mistake although PyTorch would run it."""
