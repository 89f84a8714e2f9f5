"""A stand-in for K3s on test hosts, since K3s itself cannot run here; etcd is real (`command.py` says what is not)."""
