"""What hides files: gz, zips in zips, folders, a Garmin account export, a Strava bulk export.

Here belong: walking them within caps, and what an export says beside the files (names, RPE). Here
does not belong: decoding, or writing anywhere outside a temporary file.
"""

from momentum.activity_files.archives.found import FoundFile, RefusedFile
from momentum.activity_files.archives.walk import walk

__all__ = ["FoundFile", "RefusedFile", "walk"]
