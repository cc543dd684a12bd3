"""Dtypes, and what engines make of their values: everything is cast to f32, computed, and cast once to what it is written as."""

import numpy as np

from .faults import ISA, Fault


class Dtype:
    """An element type. bf16 is held as f32 values that bf16 has."""

    def __init__(self, name, size, held, kind):
        self.name, self.bytes, self.held, self.kind = name, size, np.dtype(held), kind

    def __repr__(self):
        return self.name

    @property
    def is_float(self):
        return self.kind == "float"

    def poison(self):
        """What memory holds before anything is written (source: aws-neuron-sdk, nki/guides/nki_simulator.rst)."""
        return self.held.type(np.nan) if self.is_float else self.held.type(4)

    def cast(self, values):
        """Values as elements of this type: to the nearest even; integers saturate, NaN becomes 0."""
        if values.dtype.kind in "iu" and self.kind == "int":
            info = np.iinfo(self.held)
            return np.clip(values.astype(np.int64), info.min, info.max).astype(self.held)
        if self.kind == "int":
            info = np.iinfo(self.held)
            wide = np.rint(values.astype(np.float64))
            return np.clip(np.nan_to_num(wide, nan=0.0), info.min, info.max).astype(self.held)
        with np.errstate(over="ignore", invalid="ignore"):
            narrow = values.astype(np.float32)
            if self.name == "bfloat16":
                return round_bf16(narrow)
            return narrow.astype(self.held)

    def of_bits(self, bits):
        """bf16 of its bits."""
        return (bits.astype(np.uint32) << 16).view(np.float32)

    def to_bits(self, values):
        """Bits of bf16."""
        return (np.ascontiguousarray(values).view(np.uint32) >> 16).astype("<u2")

    def decode(self, data):
        """Elements of little-endian bytes."""
        if self.name == "bfloat16":
            return self.of_bits(np.frombuffer(data, "<u2"))
        return np.frombuffer(data, self.held).copy()

    def encode(self, values):
        """Bytes of elements."""
        if self.name == "bfloat16":
            return self.to_bits(values).tobytes()
        return np.ascontiguousarray(values).tobytes()


def round_bf16(values):
    """f32 rounded to what bf16 has, to nearest even; NaN stays NaN."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> 16) & np.uint32(1))) & np.uint32(0xFFFF0000)
    quiet = (bits & np.uint32(0xFFFF0000)) | np.uint32(0x00400000)
    return np.where(np.isnan(values), quiet, rounded).astype(np.uint32).view(np.float32).reshape(values.shape)


DTYPES = {
    t.name: t
    for t in [
        Dtype("float32", 4, "<f4", "float"),
        Dtype("bfloat16", 2, "<f4", "float"),
        Dtype("float16", 2, "<f2", "float"),
        Dtype("int32", 4, "<i4", "int"),
        Dtype("uint32", 4, "<u4", "int"),
        Dtype("int16", 2, "<i2", "int"),
        Dtype("uint16", 2, "<u2", "int"),
        Dtype("int8", 1, "i1", "int"),
        Dtype("uint8", 1, "u1", "int"),
    ]
}


class Op:
    """An operator: what it computes in f32 as an operator of the Vector Engine (`alu`) and as a function of the Scalar Engine."""

    def __init__(self, name, kind, alu=None, arity=2, fold=None, act=None, low=None, high=None):
        self.name, self.kind, self.alu, self.arity, self.fold = name, kind, alu, arity, fold
        # Function of the Scalar Engine and the magnitudes it is documented for.
        self.act, self.low, self.high = act, low, high

    def __repr__(self):
        return f"nl.{self.name}"


def f32(function):
    """A function in f64, rounded to f32."""

    def rounded(values):
        with np.errstate(all="ignore"):
            return function(values.astype(np.float64)).astype(np.float32)

    return rounded


def binary(function):
    """An operator in f32."""

    def quiet(a, b):
        with np.errstate(all="ignore"):
            return function(a, b)

    return quiet


def truth(function):
    """A comparison: 1 where it holds, else 0."""
    return lambda a, b: function(a, b).astype(np.float32 if a.dtype.kind == "f" else a.dtype)


def gelu(x):
    """x times the normal distribution's share below x."""
    from math import erf

    return 0.5 * x * (1.0 + np.vectorize(erf, otypes=[np.float64])(x / np.sqrt(2.0)))


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + np.exp(-x))


# Ranges: source: aws-neuron-sdk, nki/api/nki.api.shared.rst, supported activation functions.
OPS = {
    o.name: o
    for o in [
        Op("add", "arith", binary(np.add), fold=np.add.reduce),
        Op("subtract", "arith", binary(np.subtract)),
        Op("multiply", "arith", binary(np.multiply), fold=np.multiply.reduce),
        Op("maximum", "arith", binary(np.maximum), fold=np.maximum.reduce),
        Op("minimum", "arith", binary(np.minimum), fold=np.minimum.reduce),
        Op("power", "arith", binary(np.power)),
        Op("equal", "arith", truth(np.equal)),
        Op("not_equal", "arith", truth(np.not_equal)),
        Op("greater", "arith", truth(np.greater)),
        Op("greater_equal", "arith", truth(np.greater_equal)),
        Op("less", "arith", truth(np.less)),
        Op("less_equal", "arith", truth(np.less_equal)),
        Op("logical_and", "arith", truth(np.logical_and)),
        Op("logical_or", "arith", truth(np.logical_or)),
        Op("bitwise_and", "bits", np.bitwise_and),
        Op("bitwise_or", "bits", np.bitwise_or),
        Op("bitwise_xor", "bits", np.bitwise_xor),
        Op("left_shift", "bits", np.left_shift),
        Op("right_shift", "bits", np.right_shift),
        Op("abs", "arith", lambda a: np.abs(a), arity=1, act=f32(np.abs)),
        Op(
            "rsqrt",
            "arith",
            f32(lambda x: 1.0 / np.sqrt(x)),
            arity=1,
            act=f32(lambda x: 1.0 / np.sqrt(x)),
            low=2.0**-87,
            high=2.0**97,
        ),
        Op("copy", "act", act=f32(lambda x: x)),
        Op("exp", "act", act=f32(np.exp)),
        Op("silu", "act", act=f32(lambda x: x * sigmoid(x))),
        Op("sigmoid", "act", act=f32(sigmoid)),
        Op("tanh", "act", act=f32(np.tanh)),
        Op("gelu", "act", act=f32(gelu)),
        Op("softplus", "act", act=f32(lambda x: np.logaddexp(x, 0.0))),
        Op("square", "act", act=f32(np.square)),
        Op("sqrt", "act", act=f32(np.sqrt), low=2.0**-116, high=2.0**118),
        Op("log", "act", act=f32(np.log), low=2.0**-64, high=2.0**64),
        Op("reciprocal", "act", act=f32(lambda x: 1.0 / x), low=-(2.0**-42), high=2.0**42),
        Op("sin", "act", act=f32(np.sin), low=None, high=float(np.float32(np.pi))),
    ]
}


def activate(op, values):
    """What the Scalar Engine makes of f32 values; they must be in the range that the function is documented for."""
    if op.high is not None:
        # A negative low bound says that the function takes both signs.
        sizes = np.abs(values) if op.low is None or op.low < 0 else values
        outside = (sizes > op.high) | (sizes < abs(op.low or 0.0)) | np.isnan(values)
        if outside.any():
            raise Fault(
                "limit",
                f"{op!r} of {values[outside].flat[0]!r}, outside the range of the function",
                "source: aws-neuron-sdk, nki/api/nki.api.shared.rst, valid input ranges",
            )
    return op.act(values)


def as_op(op, what):
    """Checks that an operand is an operator, not its name or number."""
    if not isinstance(op, Op):
        raise Fault("language", f"`{what}` is {op!r}, not an operator of nki.language", ISA + "op")
    return op
