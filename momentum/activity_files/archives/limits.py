"""Caps on what an archive may ask of us. What passes one is refused with that reason, and the walk goes on."""

from __future__ import annotations

MAX_NESTING = 4  # gz and zip inside each other; a Garmin export needs two, a bomb as many as it can get
MAX_ENTRIES = 100_000  # of one zip; twenty years of training on three devices are 20,000 files
MAX_DIRECTORY_BYTES = 20 << 20  # a zip's list of entries, which is read into memory whole
MAX_ENTRY_BYTES = 4 << 30  # one entry, unpacked; Garmin's zips inside its zip stay under 2 GiB
MAX_TOTAL_BYTES = 64 << 30  # all that one walk unpacks
# The most repetitive GPX shrinks about 60 times. Small files may be anything: they cannot hurt.
MAX_RATIO = 200
RATIO_FREE_BYTES = 16 << 20
IN_MEMORY_BYTES = 16 << 20  # of an unpacked file, before it goes to a nameless temporary file
MAX_LIST_BYTES = 32 << 20  # an export's csv
MAX_LISTS = 20  # of exports beside each other
MAX_FOLDERS = 64  # inside each other, in a zip
