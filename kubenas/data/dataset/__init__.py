"""The files of a prepared data set, and functions that load them."""
