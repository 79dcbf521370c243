"""The lines through which orders' news reaches the hub: who may hold one, and for how long."""
