"""The catalogue of layer types, a module per family. `base.lookup` finds a type and imports its family."""
