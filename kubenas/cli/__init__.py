"""The ``kubenas`` command."""
