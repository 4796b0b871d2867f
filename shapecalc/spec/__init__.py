"""The native spec language: nodes with positions -> Network."""
