"""What holds for all tests."""

from hypothesis import settings

# An example may take as long as a busy machine makes it take: nothing here is a timed test.
settings.register_profile("kubenas", deadline=None)
settings.load_profile("kubenas")
