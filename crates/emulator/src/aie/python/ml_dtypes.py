"""The one type of ml_dtypes that designs name."""


class bfloat16:
    """Element type of 2 bytes. Host arithmetic is not modelled."""
