"""XML made to hurt is refused with a reason, or read right; nothing else ever comes out of a decoder."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import pytest

from momentum.activity_files.decoded import DecodedFile, Refused
from momentum.activity_files.xml import decode_gpx, decode_tcx, limits

POINT = '<trkpt lat="45.5" lon="6.25"><ele>100</ele><time>2024-05-01T10:00:00Z</time></trkpt>'
BODY = f"<trk><name>é ☃ 🚴</name><type>Überfahrt</type><trkseg>{POINT}</trkseg></trk>"
TCX_POINT = "<Trackpoint><Time>2024-05-01T10:00:00Z</Time></Trackpoint>"
TCX_BODY = f'<Activities><Activity Sport="Biking"><Lap><Track>{TCX_POINT}</Track></Lap></Activity></Activities>'

LAUGHS = '<!DOCTYPE gpx [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">' + "".join(
    f'<!ENTITY {chr(99 + n)} "{f"&{chr(98 + n)};" * 10}">' for n in range(10)
)


def document(body: str = BODY, head: str = '<?xml version="1.0"?>', root: str = "gpx") -> bytes:
    return f"{head}<{root}>{body}</{root}>".encode()


def refusal(data: bytes, decode: Callable[..., DecodedFile] = decode_gpx) -> Refused:
    began = time.process_time()
    with pytest.raises(Refused) as refused:
        decode(io.BytesIO(data))
    assert time.process_time() - began < 3
    return refused.value


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS.encode() + b"]>" + document(BODY.replace("100", "&m;"), head=""),
        b'<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + document(BODY.replace("100", "&x;"), head=""),
        b'<!DOCTYPE gpx SYSTEM "http://127.0.0.1:9/evil.dtd">' + document(head=""),
        b'<!DOCTYPE gpx [<!ENTITY % x SYSTEM "http://127.0.0.1:9/evil.dtd">%x;]>' + document(head=""),
        b'<?xml version="1.0" standalone="no"?><!DOCTYPE gpx PUBLIC "a" "b">' + document(head=""),
        b"<!DOCTYPE gpx>" + document(head=""),
        b'<!DOCTYPE gpx [<!ATTLIST trkpt lat CDATA "1">]>' + document(head=""),
        '<!DOCTYPE gpx [<!ENTITY x "1">]><gpx>'.encode("utf-16"),
    ],
    ids=["billion laughs", "file", "external subset", "parameter entity", "public", "bare", "attribute list", "utf-16"],
)  # fmt: skip
def test_entities_and_external_references_are_refused(data: bytes) -> None:
    assert refusal(data).reason == "XML with entities"


def test_an_entity_that_nobody_declares_is_no_xml() -> None:
    assert refusal(document(BODY.replace("<trkpt", "&x;<trkpt"))).reason == "broken XML"


def test_xinclude_is_not_followed() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    decoded = decode_gpx(io.BytesIO(document(BODY.replace("Überfahrt", include))))
    assert decoded.activities[0].sub_sport == ""


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (document("<a>" * 5000 + "</a>" * 5000), "inside each other"),
        (document("<extensions>" * 100_000), "inside each other"),
        (document(BODY.replace("<ele>", "<x>" * 100 + "</x>" * 100 + "<ele>")), "inside each other"),
        (document("<a " + " ".join(f'b{n}="1"' for n in range(65)) + "/>" + BODY), "attributes"),
        (document(BODY.replace("lat=", 'x="' + "y" * (2 << 20) + '" lat=')), "one tag"),
        (document("<!--" + "> " * (2 << 20) + "-->" + BODY), "one tag or comment"),
        (document("<![CDATA[" + "x" * (3 << 20) + "]]>" + BODY.replace("100", "1" * (2 << 20))), "one point"),
        (document(BODY.replace("é", "x" * (2 << 20))), "one point or text"),
        (document(BODY.replace("<ele>", "<x/>" * (1 << 19) + "<ele>")), "one point"),
        (document("<trk/>" * (limits.MAX_PARTS + 1)), "tracks, laps"),
        (b"<gpx " + b"x" * (3 << 20), "one tag"),
        (b"<" + b"x" * (3 << 20), "one tag"),
    ],
    ids=["deep", "deep, never closed", "deep in a point", "attributes", "attribute", "comment", "number", "name",
         "point", "tracks", "endless tag", "endless name"],
)  # fmt: skip
def test_sizes_beyond_the_limits_are_refused(data: bytes, detail: str) -> None:
    refused = refusal(data)
    assert refused.reason == "XML beyond limits"
    assert detail in refused.detail


def test_a_stream_without_end_is_refused_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        started = False

        def read(self, size: int = -1) -> bytes:
            self.started, started = True, self.started
            return (b"" if started else b"<gpx><x/>").ljust(size, b" ")

    monkeypatch.setattr("momentum.activity_files.xml.well_formed.MAX_BYTES", 20 << 20)
    with pytest.raises(Refused, match="XML beyond limits: more than"):
        decode_gpx(Endless())


def test_too_many_points_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_POINTS", 1000)
    assert refusal(document(f"<trk><trkseg>{POINT * 1001}</trkseg></trk>")).reason == "XML beyond limits"


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("UTF-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("UTF-16", "utf-8"),
        ("UTF-8", "utf-16"),
        ("utf-16le", "utf-16-le"),
        ("utf-16be", "utf-16-be"),
        ("ascii", "utf-8"),
    ],
)
def test_encodings_are_read_by_what_the_bytes_are(declared: str, written: str) -> None:
    data = document(head=f'<?xml version="1.0" encoding="{declared}"?>').decode().encode(written)
    decoded = decode_gpx(io.BytesIO(data))
    assert decoded.activities[0].sub_sport == "Überfahrt"
    assert decoded.activities[0].samples["lat"].tolist() == [45.5]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "ISO-8859-15"])
def test_one_byte_encodings_are_read_as_declared(encoding: str) -> None:
    text = document(BODY.replace("☃ 🚴", ""), head=f'<?xml version="1.0" encoding="{encoding}"?>').decode()
    assert decode_gpx(io.BytesIO(text.encode(encoding))).activities[0].sub_sport == "Überfahrt"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (document(head='<?xml version="1.0" encoding="UTF-7"?>'), "encoding not read"),
        (document(head='<?xml version="1.0" encoding="cp037"?>'), "encoding not read"),
        (document(head='<?xml version="1.0" encoding="base64"?>'), "encoding not read"),
        (document(head='<?xml version="1.0" encoding="no-such"?>'), "encoding not read"),
        (document().decode().encode("utf-32"), "encoding not read"),
        (document(head="").replace(b"<", b"+ADw-").replace(b">", b"+AD4-"), "not a GPX file"),
        (document(head="").decode().encode("cp037", "replace"), "not a GPX file"),
        (document().replace("é".encode(), b"\xff"), "broken XML"),
        (document().replace("é".encode(), b"\xc0\xaf"), "broken XML"),
        (document().replace(b"<trk>", b"<trk>\0"), "broken XML"),
        (b"\xff\xfe" + document(), "not a GPX file"),
        ("<gpx>".encode("utf-16") + b"\x00\xd8\x00\xd8" * 8, "broken XML"),
    ],
    ids=["utf-7", "ebcdic", "codec of bytes", "unknown", "utf-32", "utf-7 bare", "ebcdic bare", "bad byte", "overlong",
         "null", "utf-16 in name only", "half surrogates"],
)  # fmt: skip
def test_encodings_that_are_none_or_wrong_are_refused(data: bytes, reason: str) -> None:
    assert refusal(data).reason == reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"   \n", "not a GPX file"),
        (b"\0" * 1000, "not a GPX file"),
        (b"PK\x03\x04", "not a GPX file"),
        (b"{}", "not a GPX file"),
        (b"<", "not a GPX file"),
        (b"<!-- only -->", "not a GPX file"),
        (b"<?xml version='1.0'?>", "not a GPX file"),
        (b"<kml><trk/></kml>", "not a GPX file"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "not a GPX file"),
        (document(TCX_BODY, root="TrainingCenterDatabase"), "not a GPX file"),
        (b"<gpx/>", "no recorded track"),
        (b"<gpx><trk></gpx>", "broken XML"),
    ],
)
def test_what_is_no_gpx_is_refused(data: bytes, reason: str) -> None:
    assert refusal(data).reason == reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (document(), "not a TCX file"),
        (b"TCX", "not a TCX file"),
        (LAUGHS.encode(), "XML with entities"),
    ],
)
def test_what_is_no_tcx_is_refused(data: bytes, reason: str) -> None:
    assert refusal(data, decode_tcx).reason == reason


@pytest.mark.parametrize(
    "tail", ["<", "</gpx", "</gpx></gpx>", "</trk>", "</gpx>junk", "</gpx><gpx/>", "&", "</gpx>\0"]
)
def test_what_breaks_after_whole_points_is_read_in_part(tail: str) -> None:
    decoded = decode_gpx(io.BytesIO(f"<gpx>{BODY}{tail}".encode()))
    assert len(decoded.activities[0].samples["ts"]) == 1
    assert [problem.reason for problem in decoded.problems] == ["decoded in part"]


def test_a_document_in_utf_16_that_breaks_off_within_a_character_is_read_in_part() -> None:
    whole = f"<gpx>{BODY}".encode("utf-16")
    decoded = decode_gpx(io.BytesIO(whole + b"\x00\xd8\x00\xd8" + whole))
    assert len(decoded.activities[0].samples["ts"]) == 1
    assert [problem.reason for problem in decoded.problems] == ["decoded in part"]


def test_points_in_comments_cdata_and_attributes_are_none() -> None:
    hidden = f"<!-- {POINT} --><desc><![CDATA[{POINT}]]></desc><?php {POINT} ?><a b='&lt;trkpt/>'/>"
    decoded = decode_gpx(io.BytesIO(document(BODY.replace("<trkseg>", "<trkseg>" + hidden))))
    assert len(decoded.activities[0].samples["ts"]) == 1
    assert decoded.problems == []


def test_a_point_inside_a_point_is_part_of_it() -> None:
    decoded = decode_gpx(io.BytesIO(document(BODY.replace("<ele>", POINT + "<ele>"))))
    assert len(decoded.activities[0].samples["ts"]) == 1


def test_streams_that_give_a_byte_at_a_time_read_the_same() -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(1)

    whole = document(f"<trk><trkseg>{POINT * 3}</trkseg></trk>")
    for data in (whole, whole.decode().encode("utf-16")):
        assert len(decode_gpx(Dribble(data)).activities[0].samples["ts"]) == 3
