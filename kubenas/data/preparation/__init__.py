"""Preparation of data sets from raw examples.

Public modules: prepare, subset.
"""
