"""What an operator does, whoever asks: command line, console or API.

In: an open store, the settings, a choice. Out: values that somebody else shows.
Never: printing; arguments of a command line; HTTP.
"""
