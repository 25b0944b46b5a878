"""From raw examples to a prepared data set.

Public modules: prepare, subset.
"""
