"""The table of a plan, in every format."""
