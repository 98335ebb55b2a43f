"""Tables and pure functions.

In: values, with the time as an argument. Out: decisions.
Never: a clock, I/O, an await.
"""
