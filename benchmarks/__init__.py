"""Measurements beside the peers, each run by `python -m benchmarks.NAME`; no tests, nothing imported by the product."""
