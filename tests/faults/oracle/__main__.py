"""The oracle: a process of its own that tells a hub of orders, hears what it tells, and judges it.

It shares no code with the hub. Commands come as lines of JSON on standard input, and each is
answered by one line on standard output.
"""

import asyncio

from tests.faults.oracle.witnessing import Oracle, serve

asyncio.run(serve(Oracle()))
