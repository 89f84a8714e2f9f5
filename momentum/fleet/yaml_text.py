"""YAML text -> plain values with the line of every key; everything that is ambiguous in YAML is refused.

Scalars are read as YAML 1.2 reads them (`on`, `no` and `12:30` are text), because a country code `NO` or a key `on`
must not turn into a truth value. Anchors, tags and merge keys have no use in this file and hide what it says.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from momentum.fleet.problems import FileProblem

_NULL = re.compile(r"^(~|null|Null|NULL|)$")
_INTEGER = re.compile(r"^[-+]?(0|[1-9]\d*)$")
_DECIMAL = re.compile(r"^[-+]?\d+(\.\d*)?([eE][-+]?\d+)?$")
_TAB = re.compile(r"^ *\t")
# What the parser says and what a person must look for.
_IN_WORDS = (
    ("expected <block end>", "the line is not indented like the lines above that it belongs to"),
    ("mapping values are not allowed", "a colon too many, or the line above has none or is indented less"),
    ("could not find expected ':'", "a line without a colon after its key"),
    ("alphabetic or numeric character", "a value that begins with * or & must stand in quotes"),
    ("cannot start any token", "a value that begins with @, % or ` must stand in quotes"),
    ("unexpected end of stream", "a quote is opened and never closed"),
)
_TEXT = "tag:yaml.org,2002:str"
_KINDS = ("map", "seq", "str", "null", "bool", "int", "float", "timestamp", "merge", "value")
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in _KINDS}


def read_yaml(text: str) -> tuple[Any, dict[str, int], list[FileProblem]]:
    """The file's value, the lines of its keys and what is wrong with it as YAML. Raises nothing."""
    tabs = [
        FileProblem(number, "", "is indented with a tab; YAML is indented with spaces")
        for number, line in enumerate(text.splitlines(), 1)
        if _TAB.match(line)
    ]
    if tabs:
        return None, {}, tabs
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = error.problem or error.context or "this cannot be read"
        plain = next((words for part, words in _IN_WORDS if part in said), said)
        return None, {}, [FileProblem(mark.line + 1 if mark else 1, "", f"is not YAML: {plain}")]
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return None, {}, [FileProblem(line, "", "holds a character that YAML does not allow")]
    except RecursionError:
        return None, {}, [FileProblem(1, "", "is nested too deeply to be a fleet file")]
    if root is None:
        return None, {}, [FileProblem(1, "", "is empty; `momentum infra init` writes a file to start from")]
    walk = _Walk()
    value = walk.value(root, "")
    if not isinstance(value, dict):
        walk.problems.append(FileProblem(1, "", "must be keys with values, such as `name: momentum`"))
    return value, walk.lines, walk.problems


class _Walk:
    """One walk over the composed nodes: gathers lines and problems while it builds the value."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.problems: list[FileProblem] = []
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: str) -> Any:
        if id(node) in self._seen:
            # The node stands where the anchor is; the alias where its key is.
            line = self.lines.get(path, node.start_mark.line + 1)
            self.problems.append(FileProblem(line, path, "is an alias (`*name`); write the value out"))
            return None
        self._seen.add(id(node))
        if node.tag not in _PLAIN_TAGS:
            self._refuse(node, path, f"has a tag ({node.tag}); only plain values are read")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(child, f"{path}[{index}]") for index, child in enumerate(node.value)]
        return _scalar(node)

    def _item(self, node: yaml.Node, path: str) -> Any:
        self.lines[path] = node.start_mark.line + 1
        return self.value(node, path)

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, path, "has a key that is not plain text")
                continue
            key = f"{path}.{key_node.value}" if path else key_node.value
            if key_node.value == "<<":
                self._refuse(key_node, key, "is a merge key; write the values out")
            elif key_node.value in made:
                self._refuse(key_node, key, f"is given twice; it stands in line {self.lines[key]} already")
            else:
                self.lines[key] = key_node.start_mark.line + 1
                made[key_node.value] = self.value(value_node, key)
        return made

    def _refuse(self, node: yaml.Node, path: str, message: str) -> None:
        self.problems.append(FileProblem(node.start_mark.line + 1, path, message))


def _scalar(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    if node.tag == _TEXT:  # what is quoted is so, too
        return text
    if _NULL.match(text):
        return None
    if text in ("true", "false"):
        return text == "true"
    # Beyond 18 digits it is no number of this file, and JSON readers differ on it.
    if _INTEGER.match(text) and len(text) < 19:
        return int(text)
    return float(text) if _DECIMAL.match(text) else text
