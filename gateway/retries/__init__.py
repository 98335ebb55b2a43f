"""What holds the waiting.

In: lanes that wait. Out: wake-ups.
Never: the truth: that is in the store.
"""
