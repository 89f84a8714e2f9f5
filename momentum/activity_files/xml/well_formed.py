"""XML of any encoding in, pieces of UTF-8 out that expat has found well-formed and free of a DTD.

Expat only judges here: no handler is called per element, which is what makes it fast. Without a DTD
there are no entities to expand and nothing external to load.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from momentum.activity_files.decoded import Refused
from momentum.activity_files.xml.limits import CHUNK_BYTES, MAX_BYTES, MAX_TOKEN_BYTES

# Encodings whose every text survives the way to UTF-8. UTF-7, EBCDIC and the like are only met in attacks.
_ENCODINGS = {
    "utf-8", "ascii", "iso8859-1", "iso8859-2", "iso8859-15", "cp1250", "cp1251", "cp1252", "utf-16", "utf-16-le",
    "utf-16-be",
}  # fmt: skip
_DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_BLANKS = b" \t\r\n"


class Broken(Exception):
    """The document stops being XML here; all pieces before were whole."""


def pieces(stream: BinaryIO, root: str, name: str) -> Iterator[bytes]:
    """The document as consecutive pieces of UTF-8, each checked. `root` is the local name it must start with.

    Raises Refused for a document that is not `name` (TCX, GPX), has a DTD, or is beyond a limit;
    Broken, after all that was whole, where it ends early or is not well-formed.
    """
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _refuse_doctype(name)
    parser.EntityDeclHandler = _refuse_entity

    def first_element(tag: str, _attributes: dict[str, str]) -> None:
        parser.StartElementHandler = None
        if tag.rpartition(":")[2].lower() != root.lower():
            raise Refused(f"not a {name} file", f"its first element is <{tag[:60]}>")

    parser.StartElementHandler = first_element
    fed, given = 0, 0
    waiting = bytearray()
    for chunk, last in _utf8(stream, name):
        try:
            parser.Parse(chunk, last)
            sound, fault = parser.CurrentByteIndex, ""
        except expat.ExpatError as error:
            sound, fault = parser.ErrorByteIndex, f"{expat.ErrorString(error.code)}, line {error.lineno}"
        waiting += chunk
        fed += len(chunk)
        if last and not fault:
            sound = fed
        piece = bytes(waiting[: sound - given])
        del waiting[: sound - given]
        given = sound
        if piece:
            yield piece
        if fault:
            if parser.StartElementHandler is not None:
                raise Refused(f"not a {name} file", f"no XML: {fault}")
            raise Broken(fault)
        if len(waiting) > MAX_TOKEN_BYTES:
            raise Refused("XML beyond limits", f"one tag or comment of more than {MAX_TOKEN_BYTES} bytes")


def _refuse_doctype(name: str):
    def refuse(doctype: str, *_rest: object) -> None:
        if doctype.lower() == "html":
            raise Refused(f"not a {name} file", "a web page")
        raise Refused("XML with entities", "the file declares a DOCTYPE, which no device writes")

    return refuse


def _refuse_entity(*_rest: object) -> None:
    raise Refused("XML with entities", "the file declares entities")


def _utf8(stream: BinaryIO, name: str) -> Iterator[tuple[bytes, bool]]:
    """Chunks of the stream in UTF-8 and whether each is the last; blanks before the document are dropped."""
    chunk = _chunk(stream)
    if not chunk:
        raise Refused("empty file")
    encoding, chunk = _encoding(chunk, name)
    decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
    total, started = 0, False
    while True:
        total += len(chunk)
        if total > MAX_BYTES:
            raise Refused("XML beyond limits", f"more than {MAX_BYTES >> 20} MiB")
        following = _chunk(stream)
        fault: UnicodeDecodeError | None = None
        try:
            text = chunk if decoder is None else decoder.decode(chunk, not following).encode("utf-8")
        except UnicodeDecodeError as error:
            text, fault = error.object[: error.start].decode(encoding).encode("utf-8"), error
        if not started:
            text = text.removeprefix(codecs.BOM_UTF8).lstrip(_BLANKS)
            started = bool(text)
        yield text, not following and fault is None
        if fault is not None:
            raise Broken(f"not in {encoding}, which it claims: {fault.reason}")
        if not following:
            return
        chunk = following


def _chunk(stream: BinaryIO) -> bytes:
    """CHUNK_BYTES, less only at the end, also of a stream that gives less at a time."""
    chunk = stream.read(CHUNK_BYTES)
    while 0 < len(chunk) < CHUNK_BYTES and (more := stream.read(CHUNK_BYTES - len(chunk))):
        chunk += more
    return chunk


def _encoding(head: bytes, name: str) -> tuple[str, bytes]:
    """The encoding to read with, and `head` without a byte order mark. Bytes are believed before the declaration.

    Programs that write UTF-8 and declare UTF-16 are common enough: what is plainly one byte a character is
    read as such.
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Refused("encoding not read", "UTF-32")
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return encoding, head.removeprefix(mark)
    if head.startswith(b"<\0"):
        return "utf-16-le", head
    if head.startswith(b"\0<"):
        return "utf-16-be", head
    if not head.removeprefix(codecs.BOM_UTF8).lstrip(_BLANKS).startswith(b"<"):
        raise Refused(f"not a {name} file", "no XML")
    declared = _DECLARED.search(head[:1024])
    if declared is None or head.startswith(codecs.BOM_UTF8):
        return "utf-8", head
    label = declared.group(1).decode("ascii")
    try:
        encoding = codecs.lookup(label).name
    except LookupError:
        encoding = ""
    if encoding not in _ENCODINGS:
        raise Refused("encoding not read", label[:40])
    return ("utf-8" if encoding in ("ascii", "utf-16", "utf-16-le", "utf-16-be") else encoding), head
