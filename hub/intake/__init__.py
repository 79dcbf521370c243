"""Where the outside world's bytes come in: verified, made durable, answered, not understood yet."""
