"""Generated athletes, written as real FIT, TCX and GPX files.

Here belong: the simulated training, the writers of the formats, planted defects. Here does not
belong: any way into the store but the one that everybody's files take.
"""
