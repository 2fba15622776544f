"""How much the fuzz tests try: a few rounds in `make test`, the same ones every time; many others in `make soak`."""

import os

# What the soak draws its rounds with: a number, or nothing.
SOAK_SEED = os.environ.get("SOAK", "")


def rounds(usual: int, soak: int) -> range:
    """Return the seeds of a fuzz test."""
    return range(soak if SOAK_SEED else usual)
