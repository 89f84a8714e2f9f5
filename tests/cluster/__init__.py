"""A real control plane and a real etcd for tests: built once from Go modules, started on loopback.

Here belong: the pins (go.mod, go.sum), the build, the processes. Here does not belong: what is tested with them.
"""
