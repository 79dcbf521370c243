"""Returns desks: they know what came back."""
