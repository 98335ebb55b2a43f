"""The engine: takes dossiers in, keeps them, delivers them, and says what became of them.

In: HTTP from commune software. Out: conversations with outside systems, through adapters.
Never: a foreign field name; an answer better than the truth.
"""

VERSION = "0.2.0"
"""Of the product; what it promises of its parts stands in CONTRIBUTING.md."""
