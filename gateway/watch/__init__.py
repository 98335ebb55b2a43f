"""What operators see.

In: numbers and events of the other rooms. Out: metrics, logs, health.
Never: personal data.
"""
