"""Texts: UTF-8 strings, of which a model reads the numbers of the first words."""
