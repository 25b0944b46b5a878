"""The steps of the pipeline, one module for each step."""
