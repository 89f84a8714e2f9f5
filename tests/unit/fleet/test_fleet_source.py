"""The fleet file is read, or all that is wrong with it is told at once, with line and key."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from momentum.fleet.problems import FleetFileError
from momentum.fleet.refusals import accepted_fleet
from momentum.fleet.schema import WORDS_OF_PATTERNS, Fleet
from momentum.fleet.source import read_fleet, read_with_lines
from momentum.fleet.template import default_fleet_text
from tests.fleet_files import changed, line_with, problems_of, the_problem


def test_the_default_file_is_read_with_the_line_of_every_key() -> None:
    text = default_fleet_text()
    fleet, lines = read_with_lines(text)
    assert [server.name for server in fleet.servers] == ["server-1", "server-2", "server-3", "agent-1"]
    assert lines["servers[3].role"] == line_with(text, "role: agent")
    assert lines["firewall.open[1].on.role"] == line_with(text, "        role: ingress", 1)


def test_a_key_called_on_and_a_country_called_no_stay_text() -> None:
    fleet = read_fleet(changed(("subsidiary: FR", "subsidiary: NO")))
    assert fleet.provider.subsidiary == "NO"
    assert fleet.firewall.open[1].on == {"role": "ingress"}


# What is changed, the key that is named, the part of the line it stands in, and words that must be said.
WRONG = {
    "unknown key": ("  datacenter: GRA", "  datacentre: GRA", "provider.datacentre", "did you mean datacenter?"),
    "unknown section": ("dns:\n", "dnz:\n", "dnz", "did you mean dns?"),
    "text for a number": ("port: 51820", "port: many", "mesh.port", "must be a whole number, found 'many'"),
    "quoted number": ("port: 51820", 'port: "51820"', "mesh.port", "must be a whole number, found '51820'"),
    "truth for a number": ("port: 51820", "port: true", "mesh.port", "must be a whole number, found true"),
    "port too high": ("port: 51820", "port: 70000", "mesh.port", "must be at most 65535, found 70000"),
    "number for text": ("name: momentum\n", "name: 12\n", "name", "a letter first, at most 32 long, found 12"),
    "number for a version": (
        "version: v1.36.3+k3s1",
        "version: 1.36",
        "k3s.version",
        "a K3s version such as v1.36.3+k3s1",
    ),
    "number for a label": (
        "      role: ingress\n  - name: agent-1",
        "      role: 1\n  - name: agent-1",
        "servers[2].labels.role",
        "in quotes",
    ),
    "no value": ("  image: Debian 12", "  image:", "provider.image", "has no value"),
    "a list for a block": ("mesh:\n", "mesh: []\nmore:\n", "mesh", "must be a block of keys with values"),
    "text for a list": ("  keys:\n    - name: o", "  keys: me\nx:\n    - name: o", "ssh.keys", "must be a list"),
    "unknown role": ("role: agent", "role: agnet", "servers[3].role", "must be 'server' or 'agent', found 'agnet'"),
    "misspelt role": ("role: agent", "role: agnet", "servers[3].role", "did you mean agent?"),
    "unknown term": ("term_months: 12", "term_months: 6", "provider.term_months", "must be 1 or 12, found 6"),
    "no address": ("mesh_address: 10.66.0.2", "mesh_address: 10.66.2", "servers[1].mesh_address", "IPv4 address"),
    "host for network": (
        "network: 10.66.0.0/24",
        "network: 10.66.0.1/24",
        "mesh.network",
        "the network of that address is 10.66.0.0/24",
    ),
    "name of a server": ("name: server-2", "name: Server_2", "servers[1].name", "lower-case letters"),
    "channel stable": ("channel: v1.36", "channel: stable", "k3s.channel", "would upgrade by itself"),
    "a kind of key that is gone": (
        "public_key: ssh-ed25519 ",
        "public_key: ssh-dss ",
        "ssh.keys[0].public_key",
        "a public SSH key",
    ),
    "endless money": (
        "eur_per_month: 50\n",
        "eur_per_month: 1.0e+999\n",
        "budget.purses[0].eur_per_month",
        "a finite number",
    ),
    "huge money": (
        "eur_per_month: 50\n",
        "eur_per_month: 1.0e+30\n",
        "budget.purses[0].eur_per_month",
        "at most 100000",
    ),
    "two lines of text": (
        "note: about 100 GB of backups; an estimate, the invoice tells",
        'note: "a\\nb"',
        "budget.lines[0].note",
        "one line of text",
    ),
    "negative money": ("eur_per_month: 50", "eur_per_month: -3", "budget.purses[0].eur_per_month", "must be above 0"),
    "empty list": ("servers:\n  - name", "servers: []\nx:\n  - name", "servers", "needs at least 1"),
}


@pytest.mark.parametrize(("old", "new", "key", "said"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_value_is_told_with_line_key_and_words(old: str, new: str, key: str, said: str) -> None:
    text = changed((old, new))
    [problem] = [problem for problem in problems_of(text) if problem.key == key]
    assert problem.line == line_with(text, next(line for line in new.splitlines() if line.strip()))
    assert said in problem.message
    assert "Input should" not in problem.message


def test_a_missing_key_is_told_at_the_line_of_what_it_is_part_of() -> None:
    text = changed(("    plan: vps-2027-model3\n", ""))
    problem = the_problem(text, "servers[0].plan")
    assert (problem.line, problem.message) == (line_with(text, "- name: server-1"), "is missing")


def test_all_problems_are_told_at_once_in_the_order_of_lines() -> None:
    text = changed(
        ("datacenter: GRA", "datacentre: GRA"),
        ("role: agent", "role: boss"),
        ("port: 51820", "port: x"),
        ("  zone:", "  zome:"),
    )
    with pytest.raises(FleetFileError) as refused:
        read_fleet(text)
    keys = [problem.key for problem in refused.value.problems]
    assert keys == [
        "provider.datacenter",
        "provider.datacentre",
        "servers[3].role",
        "mesh.port",
        "dns.zone",
        "dns.zome",
    ]
    assert "fleet.yaml is refused for 6 problems" in str(refused.value)


# Text, line, and words of what is not YAML, or not YAML as this file takes it.
NOT_TAKEN = {
    "empty": ("", 1, "is empty"),
    "only a comment": ("# nothing\n", 1, "is empty"),
    "a list": ("- a\n- b\n", 1, "must be keys with values"),
    "a word": ("hello", 1, "must be keys with values"),
    "a tab": ("name: x\nmesh:\n\tport: 1\n", 3, "indented with a tab"),
    "open bracket": ("name: x\nlist: [1, 2\nb: 3\n", 3, "is not YAML"),
    "indented too little": ("a:\n  - b: 1\n    c: 2\n   d: 3\n", 4, "not indented like the lines above"),
    "a colon too many": ("name: x: y\n", 1, "a colon too many"),
    "a cron without quotes": ("cron: */6 * * * *\n", 1, "begins with * or & must stand in quotes"),
    "an at without quotes": ("name: @\n", 1, "must stand in quotes"),
    "a quote that is not closed": ('name: "x\n', 2, "never closed"),
    "two documents": ("name: x\n---\nname: y\n", 2, "is not YAML"),
    "given twice": ("name: x\nname: y\n", 2, "is given twice; it stands in line 1 already"),
    "an alias": ("name: &n x\nother: *n\n", 2, "is an alias"),
    "an alias of itself": ("&a name: x\nb: &b [*b]\n", 2, "is an alias"),
    "a tag": ("name: !!python/name:os.system\n", 1, "has a tag"),
    "a merge key": ("name: x\n<<: {a: 1}\n", 2, "is a merge key"),
    "a key that is a list": ("name: x\n[a, b]: 1\n", 2, "a key that is not plain text"),
    "a control character": ("name: x\nb: \x07\n", 2, "a character that YAML does not allow"),
    "half a character": ('name: "\\ud800"\n', 1, "holds half a character"),
    "nested without end": ("a: " + "[" * 5000, 1, "is nested too deeply"),
}


@pytest.mark.parametrize(("text", "line", "said"), NOT_TAKEN.values(), ids=list(NOT_TAKEN))
def test_what_is_no_fleet_file_is_told_and_never_raises_anything_else(text: str, line: int, said: str) -> None:
    told = [problem for problem in problems_of(text) if said in problem.message]
    assert [problem.line for problem in told] == [line]


def test_every_pattern_of_the_schema_has_words() -> None:
    found = set(_patterns(Fleet.model_json_schema()))
    assert found == set(WORDS_OF_PATTERNS)


def _patterns(schema: object) -> list[str]:
    if isinstance(schema, list):
        return [pattern for part in schema for pattern in _patterns(part)]
    if not isinstance(schema, dict):
        return []
    here = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
    return [
        *here,
        *schema.get("patternProperties", {}),
        *(pattern for part in schema.values() for pattern in _patterns(part)),
    ]


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet=string.printable, max_size=60), st.integers(0, 4000))
def test_whatever_is_typed_into_the_file_it_is_a_fleet_or_a_list_of_problems(typed: str, place: int) -> None:
    text = default_fleet_text()
    text = text[:place] + typed + text[place:]
    try:
        accepted_fleet(text)
    except FleetFileError as refused:
        assert all(1 <= problem.line <= text.count("\n") + text.count("\r") + 2 for problem in refused.problems)
        assert all(problem.message for problem in refused.problems)
