"""The trial process: describes a space; trains, evaluates and exports a model."""
