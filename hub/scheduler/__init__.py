"""What happens to an order because time passed. Time may speak, not act: it makes facts."""
