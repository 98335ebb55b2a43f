"""What is known: dossiers with every version, events, lanes, attempts, evidence.

In: what a transaction wants to know or adds. Out: records and rows.
Never: what remains to be done; a decision.
"""
