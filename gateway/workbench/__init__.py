"""What integrators need: checks, simulators, servers for tests.

In: adapters, contracts, samples. Out: what an adapter does wrong, systems to try it on.
Never: anything the running gateway needs.
"""
