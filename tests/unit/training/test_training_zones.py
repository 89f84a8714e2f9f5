"""Zones, and the names of distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentum.training.zones import (
    distribution,
    hr_zone_seconds,
    merged_to_three,
    polarisation_index,
    power_zone_seconds,
    zone_seconds,
)


def test_seven_zones_of_ftp():
    shares = np.array([0.0, 0.5499, 0.55, 0.75, 0.90, 1.05, 1.20, 1.50, 3.0])
    assert power_zone_seconds(shares * 200, 200).tolist() == [2, 1, 1, 1, 1, 1, 2]


def test_five_zones_of_threshold_heart_rate():
    assert hr_zone_seconds(np.array([0.5, 0.68, 0.83, 0.94, 1.05, 1.2]) * 100, 100).tolist() == [1, 1, 1, 1, 2]


def test_missing_seconds_are_in_no_zone():
    assert zone_seconds(np.array([np.nan, 1.0, np.nan, 9.0]), np.array([5.0])).tolist() == [1, 1]
    assert zone_seconds(np.array([]), np.array([5.0])).tolist() == [0, 0]


def test_merged_zones_keep_all_seconds():
    assert merged_to_three(np.arange(1.0, 8.0)).tolist() == [3, 7, 18]
    assert merged_to_three(np.arange(1.0, 6.0)).tolist() == [3, 7, 5]


def test_polarisation_index_of_worked_cases():
    assert polarisation_index(0.80, 0.05, 0.15) == pytest.approx(2.380, abs=5e-4)
    assert polarisation_index(0.80, 0.15, 0.05) == pytest.approx(1.426, abs=5e-4)


def test_the_index_goes_by_shares_whatever_the_unit():
    assert polarisation_index(80 * 60, 5 * 60, 15 * 60) == pytest.approx(polarisation_index(0.80, 0.05, 0.15))


def test_an_empty_zone_3_is_0_and_an_empty_zone_2_is_lent_a_hundredth():
    assert polarisation_index(0.9, 0.1, 0.0) == 0.0
    assert polarisation_index(0.8, 0.0, 0.2) == pytest.approx(math.log10(0.8 / 0.01 * 0.19 * 100))
    assert polarisation_index(0.995, 0.0, 0.005) == 0.0
    assert polarisation_index(0, 0, 0) is None
    assert polarisation_index(0, 0.5, 0.5) is None


@pytest.mark.parametrize(
    ("zones", "name"),
    [
        ((0.80, 0.05, 0.15), "polarised"),
        ((0.80, 0.0, 0.20), "polarised"),
        ((0.40, 0.29, 0.31), "weakly polarised"),
        ((0.80, 0.15, 0.05), "pyramidal"),
        ((0.90, 0.10, 0.0), "pyramidal"),
        ((0.40, 0.50, 0.10), "threshold"),
        ((0.30, 0.20, 0.50), "high intensity"),
        ((1.0, 0.0, 0.0), "low intensity"),
        ((0.50, 0.25, 0.25), "mixed"),
        ((0, 0, 0), ""),
    ],
)
def test_names_of_distributions(zones, name):
    assert distribution(zones) == name


@given(st.tuples(*[st.floats(0, 1e6)] * 3))
def test_every_distribution_has_a_name_and_a_finite_index(zones):
    index = polarisation_index(*zones)
    assert index is None or math.isfinite(index)
    assert (distribution(zones) == "") == (sum(zones) == 0)
    if distribution(zones) == "polarised":
        assert index > 2.0
