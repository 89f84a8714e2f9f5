"""TCX and GPX by streaming parsers that refuse entities, external references and bombs.

Here belong: the two decoders and their limits. Here does not belong: judging values (plausibility).
"""
