"""Who may do what.

In: a key. Out: a client with its agencies and environment.
Never: a key in the clear, outside of the moment it is made.
"""
