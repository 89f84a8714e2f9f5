"""Infrastructure as assets: the place where data lives, later servers, network, cluster."""
