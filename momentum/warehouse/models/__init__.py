"""The SQL models: daily load, fitness, rollups and the power curve of all athletes in one pass.

`registry` names them in order, with the version of each; `run.recompute` fills months of one;
`stale.stale_months` finds rows of another version. A model's SQL is the .sql file of its name beside.
Unqualified table names, so that the same text runs in any database. On a cluster, sharded by athlete,
each shard runs a model on its own local tables and swaps its own months: nothing crosses athletes.

Here does not belong: metrics of one activity (momentum.training), what to recompute (changes), and
readers' queries.
"""
