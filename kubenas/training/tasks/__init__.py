"""The tasks of an attempt, one module per task. ``run`` dispatches them.

Public modules: run.
"""
