"""The tasks of an attempt, one module a task. ``run`` chooses.

Public modules: run.
"""
