"""Components of the pipeline: the KFP signature around a call of :mod:`kubenas.steps`."""
