"""The only place where the parts meet.

In: settings. Out: an open store, the configured systems, a running API or worker.
Never: a rule, SQL, what a request or a lane means.
"""
