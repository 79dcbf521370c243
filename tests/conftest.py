"""How long Hypothesis searches: ``--hypothesis-profile=long`` before a release, else quickly."""

from hypothesis import settings

# No deadline per example: a busy machine is not a broken rule.
settings.register_profile("quick", max_examples=100, deadline=None, print_blob=True)
settings.register_profile("long", max_examples=5_000, deadline=None, print_blob=True)
settings.load_profile("quick")
