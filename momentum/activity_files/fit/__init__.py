"""FIT files, whole: bytes to columns of every message, and those to activities.

Here belong: the byte scan, the profile, chained files, components, developer fields, sessions and
legs. Here does not belong: judging values (plausibility) or other formats.
"""

from momentum.activity_files.fit.decode import decode_fit
from momentum.activity_files.fit.messages import messages

__all__ = ["decode_fit", "messages"]
