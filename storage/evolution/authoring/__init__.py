"""Making migration files out of what changed in the models.

`autodetector` compares two states, `kind_changes` the items in them; `questions` are asked where
only a person knows; `proposal`, `naming`, `layout`, `literals` and `writer` make a file of the
answer; `merging` joins two branches.
"""
