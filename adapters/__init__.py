"""One folder per kind of outside system.

In: a step of the common tongue. Out: requests to await, and an outcome.
Never: the gateway, a neighbour, a contract, a socket, a clock, a log.
"""
