"""What recorded a file: maker, product, serial number."""

from __future__ import annotations

import numpy as np

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit import profile
from momentum.activity_files.fit.chained import FitFile
from momentum.activity_files.fit.columns import read_message
from momentum.activity_files.fit.values import first_value, row_count

FILE_ID, DEVICE_INFO = 0, 23
_CREATOR = 0  # profile, type device_index


def file_type(file_id: Columns) -> str:
    """The type that a file says it has, such as activity or monitoring_b; "" where it says none."""
    return _name(file_id, "type", "file")


def device_and_serial(fit: FitFile, file_id: Columns) -> tuple[str, str]:
    """Maker and product in the profile's words ("garmin fr945"), or as the device spells its product."""
    wanted = frozenset(("device_index", "manufacturer", "product", "product_name", "serial_number"))
    info = read_message(fit, DEVICE_INFO, wanted)
    is_creator = first_value(info, "device_index", row_count(info)) == _CREATOR
    creator = {name: values[is_creator] for name, values in info.items()} if is_creator.any() else {}
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
