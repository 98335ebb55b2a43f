"""Code lists of the country, as tables.

In: nothing. Out: frozen mappings with their source. Never: a rule that guesses a code.
"""
