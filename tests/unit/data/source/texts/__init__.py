"""Tests of the sources of texts."""
