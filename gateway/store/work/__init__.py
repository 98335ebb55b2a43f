"""What remains: the outbox, claims and how they end, gates, inboxes, sessions, leadership.

In: limits, outcomes, an operator's choice. Out: leased lanes, counts, who waits for what.
Never: what a dossier says; a decision that belongs to rules.
"""
