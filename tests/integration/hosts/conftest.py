from tests.hosts.fixtures import network, reach

__all__ = ["network", "reach"]
