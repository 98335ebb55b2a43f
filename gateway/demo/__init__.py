"""The demonstration: a gateway among simulated systems that fail on purpose, and an audit.

In: how many dossiers, which faults. Out: what the simulators stored, held against what was posted.
Never: the gateway's inside, once it has a key: only the public API and exports of old software.
"""
