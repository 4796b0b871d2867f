"""What a network is, and the walk over it that gives a plan."""
