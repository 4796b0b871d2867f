"""What `shapecalc explain` prints."""
