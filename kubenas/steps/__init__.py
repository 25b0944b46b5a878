"""The steps of the pipeline, one module a step."""
