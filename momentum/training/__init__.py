"""The science of training: pure NumPy functions and their constants, each with its source.

Here belong: load, thresholds, zones, series over days as reference. Here does not belong: files,
tables, clients, anything that reads a clock.
"""
