"""TCX and GPX by streaming parsers that refuse entities, external references and bombs.

Expat judges whether the XML is sound, a compiled scan reads the points of what it found sound. Here
belong: the two decoders and their limits. Here does not belong: judging values (plausibility).
"""

from momentum.activity_files.xml.gpx import decode_gpx
from momentum.activity_files.xml.tcx import decode_tcx

__all__ = ["decode_gpx", "decode_tcx"]
