"""The texts of rules that other rooms report."""
