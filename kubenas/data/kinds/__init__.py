"""Kinds of examples: what depends on whether images or texts are classified.

A kind has two faces. :class:`kubenas.data.kinds.kind.ExampleKind` prepares examples and imports no
TensorFlow, and :class:`kubenas.data.kinds.tensors.ExampleTensors` feeds prepared ones to models.
Each kind is one folder and one entry of :mod:`kubenas.data.kinds.registry`.
"""
