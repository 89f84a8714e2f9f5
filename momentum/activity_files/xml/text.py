"""Single texts of a document, the slow and complete way: what a name, a lap's time, an odd value says."""

from __future__ import annotations

import re

import numpy as np

# XML's white space. Python's strip() would take more, a no-break space among it.
BLANKS = " \t\r\n"

_MARKUP = re.compile(r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ATTRIBUTE = re.compile(r"""([^\s=<>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


def plain_text(markup: bytes) -> str:
    """The text that an element's raw content stands for: references, CDATA, comments, instructions resolved."""
    text = markup.decode("utf-8", "replace")
    resolved, at = [], 0
    for match in _MARKUP.finditer(text):
        resolved += [_references(text[at : match.start()]), match[1] or ""]
        at = match.end()
    return "".join([*resolved, _references(text[at:])])


def attributes(tag: bytes) -> dict[str, str]:
    """The attributes of a start tag by local name."""
    return {
        match[1].rpartition(":")[2]: _references(match[2] or match[3] or "")
        for match in _ATTRIBUTE.finditer(tag.decode("utf-8", "replace"))
    }


def number(text: str) -> float | None:
    """The number in a text, None if it is none. NaN and infinity are numbers: plausibility judges them."""
    text = text.strip(BLANKS)
    return float(text) if _NUMBER.fullmatch(text) else None


def time_ms(text: str) -> int | None:
    """Milliseconds since 1970 UTC of an ISO 8601 date and time, None if it is none."""
    from momentum.activity_files.xml.value_kernels import NO_TIME
    from momentum.activity_files.xml.value_kernels import time_ms as kernel

    data = np.frombuffer(text.encode("utf-8"), np.uint8)
    ms, _ = kernel(data, 0, len(data))
    return None if ms == NO_TIME else int(ms)


def _references(text: str) -> str:
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    return _NAMED[name] if name else chr(int(hexadecimal, 16) if hexadecimal else int(decimal))
