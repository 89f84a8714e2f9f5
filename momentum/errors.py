"""The one base of errors that are told to a person as they are: what happened, and the way out."""

from __future__ import annotations


class MomentumError(Exception):
    """Its message names the file, the reason and what to do; no traceback is needed to understand it."""
