"""The short cut for files written in a small part of YAML, read line by line."""
