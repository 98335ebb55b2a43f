"""What integrators and demonstrations need.

In: adapters, contracts, samples. Out: checks, simulators, audits.
Never: anything the running gateway needs.
"""
