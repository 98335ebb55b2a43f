"""HTTP in.

In: requests of commune software. Out: rows of one transaction, and answers after the commit.
Never: a broker, an outside system.
"""
