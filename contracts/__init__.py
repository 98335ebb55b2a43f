"""What the other side published, and simulators built from that alone.

In: bytes on a socket. Out: bytes on a socket, and a log of effects.
Never: anything of ours; an adapter's table would agree with the adapter's mistake.
"""
