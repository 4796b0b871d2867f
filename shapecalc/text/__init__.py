"""Text and what is said of it: places, findings, edits, spelling. Knows nothing of networks."""
