"""How much the fuzz tests try: a few rounds in `make test`, many in `make soak`."""

import os

IS_SOAK = "SOAK" in os.environ


def rounds(usual: int, soak: int) -> range:
    """Return the seeds of a fuzz test."""
    return range(soak if IS_SOAK else usual)
