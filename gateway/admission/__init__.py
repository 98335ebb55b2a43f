"""From what was said to rows: by clients through the API, by systems through their inbox.

In: requests and items, validated. Out: the rows of one transaction, and a decision on each.
Never: HTTP, the broker, an outside system.
"""
