"""OVHcloud's API as far as a fleet of VPS needs it, on the loopback.

Here belong: the protocol (signatures, limits, errors), the account's state in memory, faults to be switched on,
the check of every request and answer against OVH's own documents, and the list of what they do not cover.
"""

from tests.standins.ovh.documents import Documents, documents_folder
from tests.standins.ovh.faults import Fault, Faults
from tests.standins.ovh.server import CONSUMER_KEY, KEYS, OvhServer
from tests.standins.ovh.world import Clock, World

__all__ = ["CONSUMER_KEY", "KEYS", "Clock", "Documents", "Fault", "Faults", "OvhServer", "World", "documents_folder"]
