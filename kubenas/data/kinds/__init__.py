"""Kinds of examples: what depends on whether images or texts are classified.

A kind has two faces. :class:`kubenas.data.kinds.kind.ExampleKind` prepares examples and imports no
TensorFlow, and :class:`kubenas.data.kinds.tensors.ExampleTensors` feeds prepared ones to models.
Each kind is one folder and one entry of :mod:`kubenas.data.kinds.registry`.

Some code elsewhere depends on the kind, too:

- ``data/dataset/schema.py``: the names of the kinds, and fields of the schema.
- ``data/source``: the kind of a source's examples. ``config/data.py``: the learning tasks.
- ``data/drift``: channels of images, new words of texts.
- ``spaces/entries.py``: the kind of a space. ``config/defaults.py``: the default space of a kind.
- ``training/simple_models``: the linear model, whose module the kind names.
- ``training/tasks/export.py``: the samples that check an export.
- ``search/proposals/size_limits.py``: limits of the sizes of networks.
"""
