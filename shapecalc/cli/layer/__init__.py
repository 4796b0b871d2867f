"""The command `layer`."""
