"""Rules that only run when they are asked for."""
