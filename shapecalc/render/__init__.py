"""Output formats, one module each. Nothing here computes; nothing here writes to a stream."""
