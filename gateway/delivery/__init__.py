"""The workers.

In: ready lanes. Out: attempts and their outcomes, completed in the store.
Never: an adapter by name, SQL.
"""
