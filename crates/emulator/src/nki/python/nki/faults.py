"""Faults: which rule a text broke. Rules say where they are documented."""

import sys

# Name of the text's file in tracebacks.
TEXT = "<kernel>"

ISA = "source: aws-neuron-sdk, nki/api/nki/isa/__init__.py, "
ARCH = "source: aws-neuron-sdk, nki/guides/architecture/trainium2_arch.rst, "
APS = "source: aws-neuron-sdk, nki/deep-dives/nki-aps.rst, "
LANGUAGE = "source: aws-neuron-sdk, nki/get-started/nki-language-guide.rst, "
INDEXING = "source: aws-neuron-sdk, nki/get-started/about/indexing-overview.rst, "
LOOPS = "source: aws-neuron-sdk, nki/deep-dives/nki-dynamic-loops.rst, "
MIGRATION = "source: aws-neuron-sdk, nki/migration/index.rst, "


class Fault(Exception):
    """A rule that was broken: its kind (a name that the Rust side knows), what happened, and the documented rule."""

    def __init__(self, kind, message, rule, line=None):
        super().__init__(message)
        self.kind, self.message, self.rule, self.line = kind, message, rule, line


def require(condition, kind, message, rule):
    """Raises a fault unless the condition holds."""
    if not condition:
        raise Fault(kind, message, rule)


def line_of_text():
    """Line of the text that is being carried out, 0 if none is."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == TEXT:
            return frame.f_lineno
        frame = frame.f_back
    return 0


def line_of_traceback(traceback):
    """Innermost line of the text in a traceback, 0 if there is none."""
    line = 0
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == TEXT:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
