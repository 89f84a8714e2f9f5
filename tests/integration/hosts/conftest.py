from tests.hosts.company import company
from tests.hosts.fixtures import network, reach

__all__ = ["company", "network", "reach"]
