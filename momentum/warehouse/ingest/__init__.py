"""Files into the store: intake (raw and decoded files), versions (samples), assembly (activities).

Here belong: what is written for a file and in which order, so that a kill anywhere loses nothing.
Here does not belong: decoding and matching (activity_files), training metrics (metrics.py beside).
"""
