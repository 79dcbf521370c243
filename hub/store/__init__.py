"""What the database knows, and the only place that writes SQL."""
