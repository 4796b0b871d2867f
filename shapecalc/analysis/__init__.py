"""What is computed from a plan: totals, memory, receptive fields, budget, comparison."""
