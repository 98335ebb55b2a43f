"""Settings in, running parts out: the only place where the parts meet."""
