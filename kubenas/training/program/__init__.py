"""Staged programs: a user's ``kubenas.Tuner`` in a trial process."""
