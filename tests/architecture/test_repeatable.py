"""Same inputs, same bytes out: what would break that is banned from the sources by their syntax tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import PACKAGE, below_adapters, dotted, imported, parts, place, sources, tree_of

CLOCKS = (
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
)
CHANCE = ("uuid4", "uuid1", "uuid.uuid4", "uuid.uuid1", "os.urandom", "os.getpid", "id", "hash")
FORBIDDEN_MODULES = frozenset(
    {
        "asyncio",
        "socket",
        "sqlite3",
        "threading",
        "time",
        "random",
        "logging",
        "multiprocessing",
        "subprocess",
        "secrets",
        "uuid",
        "select",
        "ssl",
    }
)
# numpy functions whose bits depend on the processor: BLAS, LAPACK, and the vectorised transcendental loops.
NUMPY_BLAS = frozenset({"dot", "vdot", "inner", "outer", "matmul", "einsum", "tensordot", "linalg", "cross"})
NUMPY_LOOPS = frozenset(
    """sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 log log2 log10 log1p
    power float_power hypot cbrt logaddexp sin asin acos atan atan2 pow deg2rad rad2deg unwrap""".split()
)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Give every call of a named function with its dotted name."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and dotted(node.func):
            yield dotted(node.func), node


def ends_with(name: str, banned: tuple[str, ...]) -> bool:
    """Return whether a dotted name is one of these, however it was imported (`datetime.datetime.now`, `datetime.now`)."""
    return any(name == entry or ("." in entry and name.endswith(f".{entry}")) for entry in banned)


def test_nothing_below_adapters_reads_a_clock() -> None:
    found = [f"{place(path, node)} {name}" for path in below_adapters() for name, node in calls(path) if ends_with(name, CLOCKS)]
    assert found == []


def test_nothing_below_adapters_makes_identities_by_chance_or_by_hash_order() -> None:
    found = [f"{place(path, node)} {name}" for path in below_adapters() for name, node in calls(path) if ends_with(name, CHANCE)]
    assert found == []


def test_nothing_below_adapters_imports_a_clock_socket_thread_or_chance() -> None:
    found = [
        f"{place(path, node)} {name}"
        for path in below_adapters()
        for name, node in imported(path)
        if name.split(".")[0] in FORBIDDEN_MODULES or name.startswith("numpy.random")
    ]
    assert found == []


def test_no_generator_anywhere_is_unseeded_or_global() -> None:
    found = []
    for path in sources(*parts()):
        for name, node in calls(path):
            unseeded = name.split(".")[-1] in {"default_rng", "SeedSequence", "Random"} and not node.args and not node.keywords
            shared = name.startswith(("np.random.", "numpy.random.", "random.")) and name.split(".")[-1] not in GENERATOR_TYPES
            if unseeded or shared:
                found.append(f"{place(path, node)} {name}")
    assert found == []


GENERATOR_TYPES = frozenset({"default_rng", "Generator", "SeedSequence", "PCG64", "PCG64DXSM", "Philox", "Random"})


def test_nothing_below_adapters_uses_blas_or_lapack() -> None:
    found = []
    for path in below_adapters():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
                found.append(f"{place(path, node)} @")
            if isinstance(node, ast.Attribute) and dotted(node.value) in {"np", "numpy"} and node.attr in NUMPY_BLAS:
                found.append(f"{place(path, node)} np.{node.attr}")
    assert found == []


def test_nothing_below_adapters_uses_numpy_transcendental_functions() -> None:
    found = [
        f"{place(path, node)} np.{node.attr}"
        for path in below_adapters()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and dotted(node.value) in {"np", "numpy"} and node.attr in NUMPY_LOOPS
    ]
    assert found == []


def test_nothing_below_adapters_walks_through_a_set() -> None:
    found = []
    for path in below_adapters():
        for node in ast.walk(tree_of(path)):
            walked = node.iter if isinstance(node, ast.For | ast.comprehension) else None
            a_set = isinstance(walked, ast.Set | ast.SetComp) or (
                isinstance(walked, ast.Call) and dotted(walked.func) in {"set", "frozenset"}
            )
            if walked is not None and a_set:
                found.append(place(path, walked))
    assert found == []


def test_kernels_are_compiled_through_one_decorator_without_fast_math_or_parallel_loops() -> None:
    found = [place(path, node) for path in sources(*parts()) for name, node in imported(path) if name.split(".")[0] == "numba"]
    assert [line.split(":")[0] for line in found] == ["src/tocsin/kernels/jit.py"] * len(found)
    words = {keyword.arg for _, node in calls(PACKAGE / "kernels" / "jit.py") for keyword in node.keywords}
    assert words.isdisjoint({"fastmath", "parallel"})


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("datetime.datetime.now()", True),
        ("datetime.now(tz)", True),
        ("clock.now()", False),
        ("time.time()", True),
        ("plot.time()", False),
    ],
)
def test_the_clock_ban_catches_clocks_and_only_clocks(line: str, *, caught: bool) -> None:
    call = ast.parse(line).body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert ends_with(dotted(call.value.func), CLOCKS) is caught
