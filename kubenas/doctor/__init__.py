"""Checks of ``kubenas doctor``: what would keep a search from running."""
