"""The catalogue of layer types, a module per family. `layer.lookup` finds a type and imports its family."""
