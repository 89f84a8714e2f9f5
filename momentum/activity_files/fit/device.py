"""What recorded a file: maker, product, serial number."""

from __future__ import annotations

import numpy as np

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit import profile
from momentum.activity_files.fit.chained import FitFile
from momentum.activity_files.fit.columns import read_message

FILE_ID, DEVICE_INFO = 0, 23
_CREATOR = 0  # profile, type device_index


def file_type(file_id: Columns) -> str:
    """ "activity", "monitoring_b" ...; "" where the file does not say."""
    return _name(file_id, "type", "file")


def device_and_serial(fit: FitFile, file_id: Columns) -> tuple[str, str]:
    """Maker and product in the profile's words ("garmin fr945"), or as the device spells its product."""
    wanted = frozenset(("device_index", "manufacturer", "product", "product_name", "serial_number"))
    info = read_message(fit, DEVICE_INFO, wanted)
    creator = {
        name: values[info["device_index"] == _CREATOR] for name, values in info.items() if "device_index" in info
    }
    creator = {name: values for name, values in creator.items() if len(values) and values.ndim == 1}
    sources = [file_id, creator]
    maker = next(filter(None, (_name(source, "manufacturer", "manufacturer") for source in sources)), "")
    product = next(filter(None, (_product(source) for source in sources)), "")
    spelled = [str(text).split("\0")[0].strip() for source in sources for text in source.get("product_name", ())]
    number = next((n for source in sources if (n := _number(source, "product")) is not None), None)
    product = product or next(filter(None, spelled), "") or ("" if number is None else str(number))
    serial = next((n for source in sources if (n := _number(source, "serial_number"))), None)
    return f"{maker} {product}".strip(), "" if serial is None else str(serial)


def _product(source: Columns) -> str:
    """The product's name under whichever maker's list applies (profile, subfields of product)."""
    for subfield in profile.message(FILE_ID).fields[2].subfields:
        if name := _name(source, subfield.field.name, subfield.field.type):
            return name
    return ""


def _number(source: Columns, name: str) -> int | None:
    values = source.get(name)
    if values is None or values.dtype.kind != "f" or not values.size:
        return None
    value = float(values.ravel()[0])
    return None if np.isnan(value) else int(value)


def _name(source: Columns, name: str, type_name: str) -> str:
    number = _number(source, name)
    return "" if number is None else profile.value_name(type_name, number)
