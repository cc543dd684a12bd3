"""Faults: which rule, where in the design, what happened."""

import os
import sys

DESIGN = "design.py"


class Fault(Exception):
    """A rule was broken. `site` is an offset into the library of core functions."""

    def __init__(self, kind, message, line=0, site=0):
        super().__init__(message)
        self.kind, self.message, self.line, self.site = kind, message, line, site


def line():
    """Line of the design that leads here; 0 if none does."""
    frame = sys._getframe(1)
    while frame is not None:
        if os.path.basename(frame.f_code.co_filename) == DESIGN:
            return frame.f_lineno
        frame = frame.f_back
    return 0


def fail(kind, message, site=0):
    """Raises a fault at the line of the design that leads here."""
    raise Fault(kind, message, line(), site)
