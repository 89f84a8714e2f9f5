"""The one graph, and the command line on top. Everything in it is thin: `momentum` knows.

Nothing here touches the network, a secret or a file at import.
"""
