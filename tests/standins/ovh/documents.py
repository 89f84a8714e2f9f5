"""Every request and answer held against OVH's own documents, where these cover it.

The documents lie beside the repository (`../shared/ovh`) and are no part of it. Two forms are read: OpenAPI 3.0 and
OVH's older descriptor, which is all there is of /order. Objects are closed here: a property that the document does
not name is an error, unless `UNCOVERED` lists it with its source.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.standins.ovh.uncovered import UNCOVERED

_NAMES = ("vps", "me", "domain", "iam")
_SIMPLE = {
    "string": "string",
    "text": "string",
    "datetime": "string",
    "date": "string",
    "duration": "string",
    "password": "string",
    "long": "integer",
    "int": "integer",
    "double": "number",
    "boolean": "boolean",
}


def documents_folder() -> Path | None:
    folder = Path(__file__).resolve().parents[3].parent / "shared" / "ovh"
    return folder if folder.is_dir() else None


@dataclass
class Operation:
    pattern: re.Pattern[str]
    query: dict[str, dict[str, Any]]
    required_query: frozenset[str]
    body: dict[str, Any] | None
    body_required: bool
    answer: dict[str, Any] | None
    definitions: dict[str, Any]
    open_segments: int


@dataclass
class Documents:
    """`problems` are what did not agree; `validated` counts bodies and answers held against a schema."""

    operations: dict[str, list[Operation]]
    problems: list[str] = field(default_factory=list)
    validated: int = 0
    uncovered_seen: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def read(cls, folder: Path) -> Documents:
        return cls(_operations(folder))

    def check(self, method: str, path: str, query: dict[str, str], body: Any, status: int, answer: Any) -> None:
        call = f"{method} {path}"
        operation = self._of(method, path)
        if operation is None:
            if not any(row.call.fullmatch(call) and row.field == "*" for row in UNCOVERED):
                self.problems.append(f"{call}: in no document and not listed")
            self.uncovered_seen |= {(row.name, "*") for row in UNCOVERED if row.call.fullmatch(call)}
            return
        if status >= 400:
            return
        for name in query.keys() - operation.query.keys():
            self.problems.append(f"{call}: unknown query parameter {name}")
        for name in operation.required_query - query.keys():
            self.problems.append(f"{call}: query parameter {name} is missing")
        if body is not None:
            self._validate(f"{call} body", operation.body, body, operation, asked=True)
        elif operation.body_required:
            self.problems.append(f"{call}: no body")
        if operation.answer is None:
            if answer is not None:
                self.problems.append(f"{call}: an answer where the document has none")
        else:
            self._validate(f"{call} answer", operation.answer, self._covered(call, answer), operation, asked=False)

    def _covered(self, call: str, answer: Any) -> Any:
        """The answer without the fields that UNCOVERED lists for this call."""
        rows = [row for row in UNCOVERED if row.call.fullmatch(call) and row.field != "*"]
        if not rows:
            return answer
        answer = json.loads(json.dumps(answer))
        for row in rows:
            for holder in _objects(answer):
                if row.field in holder:
                    del holder[row.field]
                    self.uncovered_seen.add((row.name, row.field))
        return answer

    def _validate(
        self, where: str, schema: dict[str, Any] | None, value: Any, operation: Operation, *, asked: bool
    ) -> None:
        from jsonschema import Draft202012Validator

        if schema is None:
            self.problems.append(f"{where}: the document has none")
            return
        whole = {**schema, "$defs": operation.definitions}
        for error in Draft202012Validator(whole).iter_errors(value):
            self.problems.append(f"{where}: {error.json_path}: {error.message[:200]}")
        if asked:
            self.problems += [f"{where}: {name} is read-only" for name in _read_only(schema, value, operation)]
        self.validated += 1

    def _of(self, method: str, path: str) -> Operation | None:
        found = [operation for operation in self.operations.get(method, ()) if operation.pattern.fullmatch(path)]
        return min(found, key=lambda operation: operation.open_segments) if found else None


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [holder for element in value for holder in _objects(element)]
    if isinstance(value, dict):
        return [value, *(holder for element in value.values() for holder in _objects(element))]
    return []


def _read_only(schema: dict[str, Any], value: Any, operation: Operation) -> list[str]:
    named = schema.get("$ref", "").removeprefix("#/$defs/")
    properties = operation.definitions.get(named, schema).get("properties", {})
    if not isinstance(value, dict):
        return []
    return [name for name in value if properties.get(name, {}).get("readOnly")]


@cache
def _operations(folder: Path) -> dict[str, list[Operation]]:
    operations: dict[str, list[Operation]] = {}
    for name in _NAMES:
        _add_openapi(json.loads((folder / f"{name}.openapi.json").read_text()), operations)
    _add_descriptor(json.loads((folder / "order.descriptor.json").read_text()), operations)
    return operations


def _pattern(path: str) -> tuple[re.Pattern[str], int]:
    parts = re.split(r"\{[^}]+\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts)), len(parts) - 1


def _closed(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` spelled out, objects closed, references into $defs."""
    if isinstance(schema, list):
        return [_closed(element) for element in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _closed(value) for key, value in schema.items() if key not in ("nullable", "example", "format")}
    if isinstance(made.get("$ref"), str):
        made["$ref"] = made["$ref"].replace("#/components/schemas/", "#/$defs/")
    if made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    if schema.get("nullable") is True:
        kept = {"readOnly": True} if made.get("readOnly") else {}
        return {"anyOf": [made, {"type": "null"}], **kept}
    return made


def _add_openapi(document: dict[str, Any], operations: dict[str, list[Operation]]) -> None:
    definitions = {name: _closed(schema) for name, schema in document["components"]["schemas"].items()}
    prefix = "/v2" if document["servers"][0]["url"].endswith("/v2") else ""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            pattern, open_segments = _pattern(prefix + path)
            asked = operation.get("requestBody", {})
            content = operation["responses"]["200"].get("content", {})
            in_query = [one for one in operation.get("parameters", []) if one["in"] == "query"]
            operations.setdefault(method.upper(), []).append(
                Operation(
                    pattern=pattern,
                    query={one["name"]: one["schema"] for one in in_query},
                    required_query=frozenset(one["name"] for one in in_query if one.get("required")),
                    body=_closed(asked["content"]["application/json"]["schema"]) if asked else None,
                    body_required=bool(asked.get("required")),
                    answer=_closed(content["application/json"]["schema"]) if content else None,
                    definitions=definitions,
                    open_segments=open_segments,
                )
            )


def _add_descriptor(document: dict[str, Any], operations: dict[str, list[Operation]]) -> None:
    definitions: dict[str, Any] = {}
    for name, model in document["models"].items():
        if "enum" in model:
            definitions[name] = {"enum": model["enum"]}
            continue
        properties = {
            key: _or_null(_of_type(one.get("fullType") or one["type"], document), one["canBeNull"])
            for key, one in model["properties"].items()
        }
        definitions[name] = {"type": "object", "properties": properties, "additionalProperties": False}
    for entry in document["apis"]:
        for operation in entry["operations"]:
            pattern, open_segments = _pattern(entry["path"])
            parameters = operation["parameters"]
            bodies = [one for one in parameters if one["paramType"] == "body"]
            in_query = [one for one in parameters if one["paramType"] == "query"]
            void = operation["responseType"] == "void"
            operations.setdefault(operation["httpMethod"], []).append(
                Operation(
                    pattern=pattern,
                    query={one["name"]: {} for one in in_query},
                    required_query=frozenset(one["name"] for one in in_query if one["required"]),
                    body=_of_type(bodies[0].get("fullType") or bodies[0]["dataType"], document) if bodies else None,
                    body_required=any(one["required"] for one in bodies),
                    answer=None if void else _of_type(operation["responseType"], document),
                    definitions=definitions,
                    open_segments=open_segments,
                )
            )


def _of_type(name: str, document: dict[str, Any]) -> dict[str, Any]:
    if name.endswith("[]"):
        return {"type": "array", "items": _of_type(name[:-2], document)}
    if name in document["models"]:
        return {"$ref": f"#/$defs/{name}"}
    return {"type": _SIMPLE[name]} if name in _SIMPLE else {}


def _or_null(schema: dict[str, Any], can_be_null: bool) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]} if can_be_null else schema
