"""What an order's facts add up to: the referee of the hub.

Standard library only. No clock, no I/O, no logger: time is an argument, results are values,
and a fact that fits nowhere changes nothing but the list of effects.
"""
