"""Caps on what an XML file may ask of us. Beyond any of them the file is refused with that reason.

Each is far above what a device writes (a point of the richest file seen takes 1.5 kB, six elements
deep, four attributes), and low enough that a file made to hurt costs seconds and little memory.
"""

from __future__ import annotations

MAX_BYTES = 2 << 30  # of one file, unpacked
CHUNK_BYTES = 512 << 10  # read, checked and scanned at once
MAX_TOKEN_BYTES = 1 << 20  # one tag with its attributes, one comment
MAX_POINT_BYTES = 1 << 20  # one track point, or one text that is read
MAX_DEPTH = 64  # elements inside each other
MAX_ATTRIBUTES = 64  # of one element; a root declares its namespaces as attributes
MAX_POINTS = 10_000_000  # with a time, in one file: 115 days at one a second
MAX_PARTS = 200_000  # tracks, laps, segments and their properties in one file
MAX_TEXT_CHARS = 1_000  # of a name or a device: more is cut off, not refused
