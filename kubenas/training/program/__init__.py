"""A staged program: a user's own ``keras_tuner.Tuner`` in a trial process."""
