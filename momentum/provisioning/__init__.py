"""From plan to world: reads facts through the adapters, executes approved steps, keeps the journal and the lease.

Here belong: what joins the fleet with the adapters. Here does not belong: a rule of the desired state (fleet),
a protocol of one outside system (adapters), Dagster.
"""
