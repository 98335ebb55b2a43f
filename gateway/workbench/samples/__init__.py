"""Invented dossiers of real commune procedures, from a seed.

In: a number and a seed. Out: requests as commune software would post them.
Never: a real person; anything that knows what the gateway will answer.
"""
