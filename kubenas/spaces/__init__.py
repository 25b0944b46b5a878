"""Search spaces: registered spaces and users' hypermodels."""
