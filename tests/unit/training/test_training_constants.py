"""What a model version is made of."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import momentum
from momentum.training import constants, constants_of_periods


def test_every_constant_goes_into_the_hash():
    inputs = constants.constants_hash_inputs()
    assert inputs.keys() == {name for name in vars(constants) if name.isupper()}
    assert {"CODE_VERSION", "DURATIONS_S", "NP_START", "TRIMP_WEIGHTS"} <= inputs.keys()
    assert json.loads(json.dumps(inputs)) == inputs


def named(module):
    return {name for name in vars(module) if name.isupper()}


def test_what_an_activity_does_not_need_is_no_part_of_its_version():
    assert named(constants_of_periods).isdisjoint(constants.constants_hash_inputs())
    assert named(constants_of_periods) >= {"CTL_TAU_D", "POLARISED_ABOVE"}


@pytest.mark.parametrize("module", [constants, constants_of_periods], ids=lambda module: module.__name__)
def test_every_constant_is_used(module):
    used = set()
    for path in Path(momentum.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text())
        used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert named(module) - used - {"CODE_VERSION"} == set()


def test_every_span_of_evidence_is_used():
    source = (Path(constants.__file__).parent / "estimates.py").read_text()
    assert {name for name in constants.EVIDENCE_DAYS if f'recent("{name}")' not in source} == set()


def test_importing_the_science_imports_no_compiler():
    code = (
        "import sys; import momentum.training.activity, momentum.training.series, momentum.training.estimates;"
        "print([name for name in ('numba', 'scipy', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
