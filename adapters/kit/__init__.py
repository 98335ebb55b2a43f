"""What every adapter stands on: the port, the driver of conversations, the only socket.

In: an adapter's coroutine. Out: an outcome and a trace of the exchanges.
Never: the gateway; a foreign field name.
"""
