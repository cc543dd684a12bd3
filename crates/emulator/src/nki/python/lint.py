"""What of Python the compiler of NKI takes (source: aws-neuron-sdk, nki/get-started/nki-language-guide.rst)."""

import ast
import inspect

import nki
import nki.isa
import nki.language
from nki.faults import Fault

IMPORTS = {"nki": None, "nki.language": "nl", "nki.isa": "nisa"}
CALLS = {"range", "len", "min", "max", "int", "float", "abs", "tuple", "list", "print"}
METHODS = {"ap", "reshape", "append"}
MODULES = {"nki": nki, "nl": nki.language, "nisa": nki.isa}
STATEMENTS = (ast.Assign, ast.AugAssign, ast.For, ast.If, ast.Return, ast.Expr, ast.Assert, ast.Pass, ast.FunctionDef)
EXPRESSIONS = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Call,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Tuple,
    ast.List,
    ast.Dict,
    ast.Subscript,
    ast.Slice,
    ast.JoinedStr,
    ast.FormattedValue,
)
OPERATORS = (
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.LShift,
    ast.RShift,
    ast.BitAnd,
    ast.BitOr,
    ast.BitXor,
)
COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


class Lint:
    """Findings of one text."""

    def __init__(self):
        self.found = []
        self.kernels, self.functions = set(), set()
        # Names of bodies of `while_loop`, and whether the function that is looked at is one.
        self.bodies, self.returns = set(), False

    def say(self, node, message):
        self.found.append((getattr(node, "lineno", 0), getattr(node, "col_offset", -1) + 1, message))

    def module(self, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "while_loop":
                self.bodies |= {argument.id for argument in node.args[1:2] if isinstance(argument, ast.Name)}
        defined = [s for s in tree.body if isinstance(s, ast.FunctionDef)]
        self.functions = {f.name for f in defined}
        self.kernels = {f.name for f in defined if f.decorator_list}
        for number, statement in enumerate(tree.body):
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                self.imports(statement)
            elif isinstance(statement, ast.FunctionDef):
                self.function(statement, nested=False)
            elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
                self.expression(statement.value)
            elif not (number == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                self.say(statement, "a text has imports, constants and functions only")

    def imports(self, statement):
        if isinstance(statement, ast.ImportFrom):
            return self.say(
                statement, f"`from {statement.module}` is not an import of kernels; `import nki.language as nl`"
            )
        for alias in statement.names:
            if alias.name.split(".")[0] == "neuronxcc":
                self.say(statement, "`neuronxcc.nki` is an error since NKI 0.4.0; the package is `nki`")
            elif alias.name not in IMPORTS or alias.asname != IMPORTS[alias.name]:
                self.say(statement, f"import of `{alias.name}` as `{alias.asname}`")

    def function(self, node, nested):
        args = node.args
        for decorator in node.decorator_list:
            jit = (
                isinstance(decorator, ast.Attribute)
                and isinstance(decorator.value, ast.Name)
                and (decorator.value.id, decorator.attr) == ("nki", "jit")
            )
            if nested or not jit:
                self.say(decorator, "the only decorator is `@nki.jit`, without arguments, on a kernel")
        if args.vararg or args.kwarg or args.kwonlyargs or args.posonlyargs:
            self.say(node, f"`{node.name}` has `*`, `**` or `/` in its signature")
        for default in args.defaults:
            self.expression(default)
        before, self.returns = self.returns, nested and node.name in self.bodies
        self.body(node.body, nested)
        self.returns = before

    def body(self, statements, nested):
        for statement in statements:
            self.statement(statement, nested)

    def statement(self, node, nested):
        if not isinstance(node, STATEMENTS):
            return self.say(node, f"`{type(node).__name__}` is not a statement of kernels")
        if isinstance(node, ast.FunctionDef):
            # The body of a loop at run time: it is compiled once, so that it must not change what Python holds.
            return self.function(node, nested=True)
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and not nested:
                    self.expression(target)
                elif isinstance(target, ast.Tuple) and all(isinstance(e, ast.Name) for e in target.elts):
                    continue
                elif not isinstance(target, ast.Name):
                    self.say(target, "an assignment to what is not a name")
            self.expression(node.value)
        elif isinstance(node, ast.AugAssign):
            if not isinstance(node.target, ast.Name):
                self.say(node, "an assignment to what is not a name")
            self.operator(node)
            self.expression(node.value)
        elif isinstance(node, ast.For):
            if node.orelse:
                self.say(node, "`else` of a loop")
            self.expression(node.iter)
            self.body(node.body, nested)
        elif isinstance(node, ast.If):
            self.expression(node.test)
            self.body(node.body + node.orelse, nested)
        elif isinstance(node, ast.Return):
            if nested and (node.value is not None) != self.returns:
                self.say(node, "the body of a loop returns nothing; that of a `while_loop` returns its next register")
            if node.value is not None:
                self.expression(node.value)
        elif isinstance(node, ast.Assert):
            self.expression(node.test)
        elif isinstance(node, ast.Expr):
            if nested and isinstance(node.value, ast.Call) and getattr(node.value.func, "attr", "") == "append":
                self.say(node, "the body of a loop changes a list; it is compiled once")
            self.expression(node.value)

    def operator(self, node):
        if not isinstance(node.op, OPERATORS):
            self.say(node, f"operator `{type(node.op).__name__}`")

    def expression(self, node):
        if not isinstance(node, EXPRESSIONS):
            return self.say(node, f"`{type(node).__name__}` is not an expression of kernels")
        if isinstance(node, ast.Constant):
            if not (node.value is None or isinstance(node.value, (bool, int, float, str))):
                self.say(node, f"constant {node.value!r}")
            elif isinstance(node.value, int) and not -(2**31) <= node.value < 2**32:
                self.say(node, f"{node.value} is no 32-bit integer")
        elif isinstance(node, ast.BinOp):
            self.operator(node)
        elif isinstance(node, ast.Compare):
            for op in node.ops:
                if not isinstance(op, COMPARISONS):
                    self.say(node, f"comparison `{type(op).__name__}`; `==` compares with None")
        elif isinstance(node, ast.Attribute):
            self.attribute(node)
        elif isinstance(node, ast.Dict):
            if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in node.keys):
                self.say(node, "keys of a dict are strings")
        elif isinstance(node, ast.Call):
            self.call(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.expression(child)
            elif isinstance(child, ast.keyword):
                self.expression(child.value)

    def call(self, node):
        function = node.func
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            self.say(node, "`*` or `**` in a call")
        if isinstance(function, ast.Name):
            if function.id in self.kernels:
                self.say(node, f"`{function.id}` has `@nki.jit` and is called: only the outermost function carries it")
            elif function.id not in CALLS and function.id not in self.functions:
                self.say(node, f"`{function.id}` is not a function of kernels")
        elif isinstance(function, ast.Attribute):
            of = function.value.id if isinstance(function.value, ast.Name) else None
            if of == "nisa":
                self.instruction(node, function.attr)
            elif of not in ("nl", "nki") and function.attr not in METHODS:
                self.say(node, f"method `{function.attr}`")
        else:
            self.say(node, "a call of what is not a name")

    def attribute(self, node):
        """Names of the packages: those that are not there are found before anything runs."""
        if node.attr.startswith("_"):
            return self.say(node, f"attribute `{node.attr}`")
        if not isinstance(node.value, ast.Name) or node.value.id not in MODULES:
            return
        try:
            getattr(MODULES[node.value.id], node.attr)
        except Fault as fault:
            self.say(node, fault.message)

    def instruction(self, node, name):
        """Keywords of an instruction are those it has."""
        if node.args and not name.startswith("register_"):
            return self.say(node, f"`nisa.{name}` has arguments without keywords")
        function = vars(nki.isa).get(name)
        if not inspect.isfunction(function) or name.startswith("register_"):
            return
        parameters = inspect.signature(function).parameters
        for keyword in node.keywords:
            if keyword.arg is not None and keyword.arg not in parameters:
                self.say(node, f"`nisa.{name}` has no argument `{keyword.arg}`")
        given = {keyword.arg for keyword in node.keywords}
        for parameter in parameters.values():
            if parameter.default is parameter.empty and parameter.name not in given:
                self.say(node, f"`nisa.{name}` misses its argument `{parameter.name}`")


def lint(text):
    """Line, column and message of what the compiler would refuse; nothing runs."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return [(error.lineno or 0, error.offset or 0, f"syntax: {error.msg}")]
    found = Lint()
    found.module(tree)
    return sorted(found.found)
