"""What the world is, read through the adapters into plain facts.

Here belong: one module per outside system that reads and normalises. Here does not belong: a comparison with the
fleet file (fleet), a change.
"""
