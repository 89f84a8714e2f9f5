"""The desired state of servers, network and cluster, and the way there as data.

Here belong: the fleet file and its rules, prices, what is rendered for the hosts, facts as plain values,
the operations that compare both and yield steps, the plan. Here does not belong: anything that reads or
changes the world (adapters, provisioning), Dagster, a secret.
"""
