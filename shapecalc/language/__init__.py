"""The native spec language: YAML nodes -> Network."""
