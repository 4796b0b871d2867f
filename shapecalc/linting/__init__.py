"""Linting of many files: which files, which rules, fixes, baseline."""
