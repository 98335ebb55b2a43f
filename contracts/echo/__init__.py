"""The contract of echo: one JSON request, an idempotency key."""
