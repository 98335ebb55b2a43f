"""The engine: takes dossiers in, keeps them, delivers them, and says what became of them.

In: HTTP from commune software. Out: conversations with outside systems, through adapters.
Never: a foreign field name; an answer better than the truth.
"""
