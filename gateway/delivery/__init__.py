"""The workers.

In: ready lanes. Out: attempts and their outcomes, settled in the store.
Never: an adapter by name, SQL.
"""
