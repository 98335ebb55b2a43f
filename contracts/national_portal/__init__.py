"""The contract of the national portal's classic dialect, as its clients show it."""
