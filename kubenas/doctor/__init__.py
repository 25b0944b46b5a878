"""Checks of ``kubenas doctor``: software, machine, data, output and cluster."""
