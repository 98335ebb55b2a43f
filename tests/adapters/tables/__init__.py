"""Random tables as old software leaves them, written from the documents of their formats.

Nothing here knows how they are read: `check` compares what was written with what comes out.
`python -m tests.adapters.tables --examples N` tries very many of them.
"""
