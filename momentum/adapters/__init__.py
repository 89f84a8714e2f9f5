"""Thin clients, one outside system each: the ClickHouse store, the archive of raw files.

Here belong: connecting, locking, retrying what passes, and nothing that knows a table's meaning.
"""
