"""The compiled core functions: their declarations, their statics, their calls."""

import ctypes
import re
import struct

import numpy as np

from .faults import fail
from .scheduler import Index
from .types import UNCHECKED, Type, scalar_name

WORDS, NUMBERS = 12, 8
_KINDS = {1: "read bounds", 2: "write bounds", 3: "alignment", 4: "uninitialised"}


class _Range(ctypes.Structure):
    _fields_ = [("base", ctypes.c_uint64), ("bytes", ctypes.c_uint64), ("written", ctypes.c_uint64)]


class _Fault(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int64)] + [(name, ctypes.c_uint64) for name in ("site", "address", "bytes", "align")]


class Library:
    """Core functions of a design."""

    def __init__(self, source, path):
        self.declared = _declarations(source)
        self.statics = _statics(path) if path else 0
        self.loaded = ctypes.CDLL(path) if path else None
        # One function runs at a time.
        self.words, self.numbers, self.fault, self.functions = (ctypes.c_int64 * WORDS)(), (ctypes.c_float * NUMBERS)(), _Fault(), {}
        if path:
            self.enter = getattr(self.loaded, "__emu_call")
            self.enter.argtypes = [
                ctypes.c_void_p, ctypes.c_int64 * WORDS, ctypes.c_float * NUMBERS, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p,
            ]
            self.enter.restype = None

    def check(self, name, arguments):
        """Compares a declaration of the design with the one of the text: the vendor's tools do not."""
        if name not in self.declared:
            fail("type", f"the text has no function `extern \"C\" void {name}`")
        declared = self.declared[name]
        if len(declared) != len(arguments):
            fail("type", f"`{name}` is declared with {len(arguments)} arguments and has {len(declared)} parameters")
        for number, (argument, (word, pointer)) in enumerate(zip(arguments, declared), 1):
            buffer = isinstance(argument, Type)
            expected = scalar_name(argument.dtype if buffer else argument)
            if (expected, buffer) != (word, pointer):
                star = " *" if pointer else ""
                fail("type", f"argument {number} of `{name}` is declared as {argument if buffer else expected}; the parameter is `{word}{star}`")

    def call(self, name, arguments, values):
        """Runs a core function on objects and scalars."""
        words, numbers, ranges = self.words, self.numbers, []
        word, number = 0, 0
        for argument, value in zip(arguments, values):
            if argument is np.float32:
                if number == NUMBERS:
                    fail("limit", f"`{name}` has more than {NUMBERS} f32 arguments")
                numbers[number], number = value, number + 1
                continue
            if word == WORDS:
                fail("limit", f"`{name}` has more than {WORDS} integers and buffers")
            if isinstance(argument, Type):
                words[word] = value.address
                if not UNCHECKED:
                    ranges.append(_Range(value.address, argument.bytes, value.shadow))
            else:
                words[word] = value.value if isinstance(value, Index) else int(value)
            word += 1
        if name not in self.functions:
            self.functions[name] = ctypes.cast(getattr(self.loaded, name), ctypes.c_void_p)
        table, fault = (_Range * max(len(ranges), 1))(*ranges), self.fault
        self.enter(self.functions[name], words, numbers, table, len(ranges), ctypes.byref(fault))
        if fault.kind:
            fail(_KINDS[fault.kind], f"`{name}`: " + _message(fault, ranges), fault.site)


def _message(fault, ranges):
    verb = "writes" if fault.kind == 2 else "reads"
    if fault.kind == 3:
        return f"an access of {fault.bytes} bytes at an address that {fault.align} does not divide"
    for number, part in enumerate(ranges, 1):
        at = fault.address - part.base
        if -4096 <= at < part.bytes + 4096 and (fault.kind == 4) == (0 <= at < part.bytes - fault.bytes + 1):
            return f"{verb} {fault.bytes} bytes at byte {at} of buffer {number}, which has {part.bytes}"
    return f"{verb} {fault.bytes} bytes outside every buffer"


def _declarations(source):
    """Parameters of the functions with C names: type word, and whether it is a pointer."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", source, flags=re.S)
    block = re.search(r'extern\s+"C"\s*\{', text)
    found = {}
    for match in re.finditer(r'(extern\s+"C"\s+)?\bvoid\s+(\w+)\s*\(([^)]*)\)\s*\{', text):
        if match[1] is None and (block is None or block.start() > match.start()):
            continue
        params = [param for param in match[3].split(",") if param.strip()]
        found[match[2]] = [_parameter(param) for param in params]
    return found


def _parameter(text):
    words = [word for word in re.findall(r"\w+|\*", text) if word not in ("const", "__restrict", "restrict")]
    word = {"int": "int32_t", "unsigned": "uint32_t"}.get(words[0], words[0])
    return word, "*" in words


def _statics(path):
    """Bytes of the variables and tables of the text, which share the core's memory: symbols of objects in the library."""
    with open(path, "rb") as file:
        data = file.read()
    table, size, count = struct.unpack_from("<Q", data, 40)[0], *struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + i * size) for i in range(count)]
    total = 0
    for section in sections:
        if section[1] != 2:  # SHT_SYMTAB
            continue
        names = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 24):
            name, info, _, index, _, length = struct.unpack_from("<IBBHQQ", data, at)
            end = data.index(b"\0", names + name)
            ours = data[names + name:end].startswith((b"_ZL5STACK", b"_ZN3aieL", b"__emu"))
            if info & 15 == 1 and 0 < index < 0xFF00 and not ours:  # STT_OBJECT, defined
                total += length
    return total
