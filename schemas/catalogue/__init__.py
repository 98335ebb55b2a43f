"""Code lists of the country, as tables.

In: nothing, or a file to read. Out: frozen tables with their source. Never: a rule that guesses.
"""
