"""The decoder's version, alone: the graph declares it and must not pay for NumPy to know it.

Part of every activity's version: raise it whenever decoding, cleaning, merging or the choice of the
richest file gives anything else than before, and a backfill decodes the archive again.
"""

DECODER_VERSION = 2
