"""The example day: invented orders of two invented shops, told to the hub through its real door."""
