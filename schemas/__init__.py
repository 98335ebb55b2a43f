"""The common tongue: the canonical dossier, its parts, its events, and the outcome of a delivery.

In: JSON as commune software sends it. Out: frozen models that every other room reads.
Never: a foreign system's field name, a clock, any I/O.
"""
