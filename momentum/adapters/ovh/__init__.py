"""OVHcloud's API: python-ovh behind a call budget, bounded retries and errors that a person understands.

Here belong: signing (python-ovh's), limits, retries, the difference between "nothing happened" and "nobody knows".
Here does not belong: what a cart, an order or a machine means (fleet, provisioning).
"""

from __future__ import annotations

from momentum.adapters.ovh.api import OvhApi
from momentum.adapters.ovh.call_budget import CallBudget
from momentum.adapters.ovh.connect import OvhKeys, connect
from momentum.adapters.ovh.errors import ApiError, NotReached, OutcomeUnknown

__all__ = ["ApiError", "CallBudget", "NotReached", "OutcomeUnknown", "OvhApi", "OvhKeys", "connect"]
