"""What a model version is made of."""

from __future__ import annotations

import json
import subprocess
import sys

from momentum.training import constants


def test_every_constant_goes_into_the_hash():
    inputs = constants.constants_hash_inputs()
    assert inputs.keys() == {name for name in vars(constants) if name.isupper()}
    assert {"CODE_VERSION", "DURATIONS_S", "NP_START", "CTL_TAU_D", "TRIMP_WEIGHTS"} <= inputs.keys()
    assert json.loads(json.dumps(inputs)) == inputs


def test_importing_the_science_imports_no_compiler():
    code = (
        "import sys; import momentum.training.activity, momentum.training.series, momentum.training.estimates;"
        "print([name for name in ('numba', 'scipy', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
