"""Activity files to columns, and which files are one activity.

Here belong: decoders (FIT, TCX, GPX, sessions entered by hand), archives and bulk exports, sports'
names, plausibility of what was read, matching of files. Here does not belong: anything that computes
a training metric, knows a table, or opens a store.
"""
