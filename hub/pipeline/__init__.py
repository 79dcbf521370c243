"""Stations 2 to 4: a raw is translated into facts, each fact finds its order, the order changes.

Read in this order: ``translate``, ``correlate``, ``apply``; ``tell`` writes what is worth telling,
``quarantine`` keeps what is not understood, ``run`` moves raws through.
"""
