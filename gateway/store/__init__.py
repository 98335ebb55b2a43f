"""The database.

In: typed requests of the rooms above. Out: rows, in one transaction each.
Never: a decision that belongs to rules.
"""
