"""What lies on the hosts, as text: WireGuard, sysctl, nftables, K3s, system units.

Here belong: pure functions from the fleet to files, the same text for the same input. Here does not belong: a secret.
"""
