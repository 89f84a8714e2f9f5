"""What is to be done: each area compares the fleet with the facts and yields steps; no difference, no step.

Here belong: `steps(fleet, facts, known)`, one module an area. Here does not belong: how a step is done (provisioning).
"""
