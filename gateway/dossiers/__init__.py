"""One dossier in memory, and the systems that may have to know of it.

In: records as the store read them, rules. Out: records changed: events, lanes, what remains.
Never: SQL, a clock, I/O.
"""
