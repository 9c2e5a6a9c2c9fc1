"""Our own rules for Python and templates, found by reading the syntax tree. `bin/check` runs them.

Each rule is a generator of (line, message); `tests/site/test_rules.py` plants a defect for each.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline import doors

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "crm",
    "staff",
    "accounts",
    "pipeline",
    "leads",
    "activities",
    "billing",
    "dashboards",
    "integrations",
)
Finding = tuple[int, str]
TRANSLATORS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
# The only ones who talk to the broker: the relay's and the scheduler's processes.
SENDERS = {"staff/management/commands/relay.py", "crm/schedule.py", "staff/tasks.py", "staff/scheduling.py"}
SIGNAL_MODULES = {
    "django.db.models.signals",
    "django.dispatch",
    "django.core.signals",
    "django.contrib.auth.signals",
}


def all_findings(root: Path = ROOT) -> list[str]:
    """Every breach in the tree as `file:line: message`."""
    found = []
    for path in python_files(root):
        name = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=name)
        found += [f"{name}:{line}: {message}" for line, message in findings_in_python(name, tree)]
    for path in sorted((root / "templates").rglob("*")):
        if path.suffix in (".html", ".txt", ".svg"):
            name = path.relative_to(root).as_posix()
            text = path.read_text(encoding="utf-8")
            found += [f"{name}:{line}: {message}" for line, message in findings_in_template(text)]
    return found


def python_files(root: Path) -> list[Path]:
    return sorted(
        path for app in APPS for path in (root / app).rglob("*.py") if "migrations" not in path.parts
    )


def findings_in_python(name: str, tree: ast.AST) -> Iterator[Finding]:
    for rule in PYTHON_RULES:
        yield from rule(name, tree)


def history_is_never_ignored(name: str, tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "ignore" and dotted(node.value) == "pgtrigger":
            yield node.lineno, "pgtrigger.ignore writes past the history"
        if isinstance(node, ast.ImportFrom) and (node.module, node.names[0].name) == ("pgtrigger", "ignore"):
            yield node.lineno, "pgtrigger.ignore writes past the history"


def no_signals(name: str, tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        modules = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or "", *(f"{node.module}.{name}" for name in modules)]
        if SIGNAL_MODULES.intersection(modules):
            yield node.lineno, "signals hide what follows from a change; record an event"


def only_the_relay_sends(name: str, tree: ast.AST) -> Iterator[Finding]:
    if name in SENDERS:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("delay", "apply_async", "send_task"):
            yield node.lineno, f".{node.attr} waits for the broker; record an event and let the relay send"


def translated_text_is_constant(name: str, tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in TRANSLATORS:
            for argument in node.args[:2]:
                if isinstance(argument, ast.JoinedStr | ast.BinOp) or is_format_call(argument):
                    yield (
                        node.lineno,
                        "translators see this text before it is filled in; use named placeholders after",
                    )


def views_start_from_what_is_visible(name: str, tree: ast.AST) -> Iterator[Finding]:
    if "/views" not in name:
        return
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    # get_for() takes what is visible out of the rows it is given.
    guarded = {id(rows) for call in calls if dotted(call.func).endswith("get_for") for rows in call.args}
    for node in calls:
        if dotted(node.func).endswith(".objects.all") and id(node) not in guarded:
            yield node.lineno, "views start from visible_to(user), not from all rows"


def nothing_is_printed(name: str, tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno, "print does not reach the log; use structlog, or self.stdout in a command"


def deals_move_through_doors(name: str, tree: ast.AST) -> Iterator[Finding]:
    """A move is called where `pipeline.doors` names it, and nobody else sets the stage of a deal."""
    if name in doors.SETTERS:
        return
    for function, node in nodes_with_their_function(tree):
        if isinstance(node, ast.Call):
            called = dotted(node.func).rpartition(".")[2]
            if called in doors.MOVERS and dotted(node.func).partition(".")[0] in (
                "moves",
                "gate",
                "entering",
                called,
            ):
                if f"{name}:{function}" not in doors.CALLS:
                    yield node.lineno, f"{called} is called by a door that pipeline/doors.py does not name"
            elif called == "update" and any(k.arg in ("stage", "stage_id") for k in node.keywords):
                yield node.lineno, "the stage of a deal is set by pipeline.moves alone"
            elif called in ("StageMove", "create") and "StageMove" in dotted(node.func):
                yield node.lineno, "a StageMove is written by pipeline.moves alone"
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in [one for t in targets for one in (t.elts if isinstance(t, ast.Tuple) else [t])]:
            if (
                isinstance(target, ast.Attribute)
                and target.attr in ("stage", "stage_id")
                and dotted(target.value) != "self"
            ):
                yield target.lineno, "the stage of a deal is set by pipeline.moves alone"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STAGE_BY_SQL.search(node.value):
            yield node.lineno, "the stage of a deal is set by pipeline.moves alone"


STAGE_BY_SQL = re.compile(r"update\s+\"?pipeline_deal\b.*\bset\b.*\bstage_id\s*=", re.I | re.S)


def nodes_with_their_function(tree: ast.AST, function: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every node with the name of the innermost function around it."""
    for node in ast.iter_child_nodes(tree):
        yield function, node
        inside = node.name if isinstance(node, ast.FunctionDef) else function
        yield from nodes_with_their_function(node, inside)


PYTHON_RULES: list[Callable[[str, ast.AST], Iterator[Finding]]] = [
    history_is_never_ignored,
    no_signals,
    only_the_relay_sends,
    translated_text_is_constant,
    views_start_from_what_is_visible,
    nothing_is_printed,
    deals_move_through_doors,
]

# What the content security policy refuses in the browser, refused here before it gets there.
TEMPLATE_RULES: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"\shx-on\b", re.I), "hx-on needs eval"),
    (re.compile(r"[\s\"']js:", re.I), "js: values need eval"),
    (re.compile(r"\shx-trigger=(\"[^\"]*\[[^\"]*\"|'[^']*\[[^']*')", re.I), "trigger filters need eval"),
    (re.compile(r"\sstyle\s*=", re.I), "inline style is refused by the policy; use a class or an attribute"),
    (re.compile(r"<style\b", re.I), "inline style is refused by the policy; use the style sheet"),
    (re.compile(r"\son[a-z]+\s*=\s*[\"']", re.I), "inline handlers are refused by the policy"),
    (re.compile(r"<script\b(?![^>]*\bsrc=)", re.I), "inline script is refused by the policy; use a file"),
    (re.compile(r"href\s*=\s*[\"']\s*javascript:", re.I), "javascript: addresses are refused by the policy"),
    (re.compile(r"\|\s*safe\b|\{%\s*autoescape\s+off"), "text from people must be escaped"),
    (re.compile(r"\bhx-headers="), "htmx 4 does not inherit hx-headers; write hx-headers:inherited"),
]


def findings_in_template(text: str) -> Iterator[Finding]:
    # Comments may speak of what is forbidden; blanks keep the line numbers.
    text = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->", blank, text, flags=re.S)
    for pattern, message in TEMPLATE_RULES:
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start() + 1) + 1, message


def blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def dotted(node: ast.AST) -> str:
    """`a.b.c` of an expression made of names alone; calls in between leave a gap."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def is_format_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
