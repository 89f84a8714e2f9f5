"""Stand-ins of the outside world: what the code talks to in tests when the real thing cannot be had."""
