"""Generated athletes, written as real FIT, TCX and GPX files.

Here belong: the simulated training, the writers of the formats, planted defects. Here does not
belong: any way into the store but the one that everybody's files take.
"""

from momentum.demo.manifest import DemoFile, DemoManifest
from momentum.demo.season import last_whole_day
from momentum.demo.write import write_demo

__all__ = ["DemoFile", "DemoManifest", "last_whole_day", "write_demo"]
