"""The reports of a run: their input, the files and the summary.

Public modules: lineage, report_input, summary, writing. They are imported directly: a command that
reads a summary does not load the report's plots.
"""
