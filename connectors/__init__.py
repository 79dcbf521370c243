"""What a connector is: one vendor's bytes in, facts out, and never a call to anyone.

A connector is one module in ``carriers/``, ``shops/``, ``warehouses/`` or ``returns/``; its file
name is its name everywhere: the route ``/in/<name>``, the setting ``TILANNE_SECRETS__<NAME>``, the
samples folder. ``contract.py`` says what the module must offer, ``registry.py`` finds it.
"""
