"""A format of a few bytes, to show that a dialect is one folder and one line."""
