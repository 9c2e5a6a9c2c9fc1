"""The Japanese catalogues: which texts the product has, where they are translated, and what is wrong with them.

There is one catalogue an app, `locale/<app>/ja/LC_MESSAGES/django.po`. Texts of `<app>/` and `templates/<app>/` go to that
app's; everything else goes to crm's. A text that several apps use is translated in one of them: where it already is,
else in the first. All in Python, so that nobody needs the gettext tools.
"""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polib
from django.utils.translation.template import templatize

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
WIRING = "crm"
LANGUAGE = "ja"

# Which arguments of the functions of django.utils.translation are context, singular and plural.
_ARGUMENTS = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
_ARGUMENTS |= {f"{name}_lazy": places for name, places in _ARGUMENTS.items()} | {
    "gettext_noop": (None, 0, None)
}

_LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_TEMPLATE_CALL = re.compile(rf"\b(n?p?gettext|_)\(\s*({_LITERAL}(?:\s*,\s*{_LITERAL})*)", re.DOTALL)
_ONE_LITERAL = re.compile(_LITERAL, re.DOTALL)

_NAMED = re.compile(r"%\((\w+)\)[#0 +-]*\d*(?:\.\d+)?[a-zA-Z]|(?<!\{)\{(\w*)(?:[:!][^{}]*)?\}(?!\})")
_POSITIONAL = re.compile(r"%[#0+-]*\d*(?:\.\d+)?[sdifr]")


# Context and text: what a catalogue tells texts apart by.
Key = tuple[str | None, str]
Catalogue = dict[Key, polib.POEntry]


class Message(NamedTuple):
    """A text as the code asks for it; `context` and `plural` are mostly None."""

    text: str
    plural: str | None = None
    context: str | None = None

    @property
    def key(self) -> Key:
        """What a catalogue tells texts apart by."""
        return self.context, self.text


@dataclass
class Collected:
    """All texts of the product, with the apps that use each, and calls whose text cannot be read off the code."""

    messages: dict[Key, Message] = field(default_factory=dict)
    apps: dict[Key, set[str]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def add(self, message: Message, app: str) -> None:
        """Notes that the app uses the text. One that is used with and without a plural is one text, with it."""
        known = self.messages.get(message.key)
        if not known or not known.plural:
            self.messages[message.key] = message
        self.apps.setdefault(message.key, set()).add(app)

    def __iter__(self) -> Iterator[tuple[Message, set[str]]]:
        for key in sorted(self.messages, key=lambda key: (key[1], key[0] or "")):
            yield self.messages[key], self.apps[key]


def collect(root: Path) -> Collected:
    """Every text to translate under the project's folder."""
    found = Collected()
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            if "migrations" not in path.parts:
                _collect_python(path, path.relative_to(root), app, found)
    templates = root / "templates"
    for path in sorted(path for path in templates.rglob("*") if path.suffix in {".html", ".txt", ".subject"}):
        folder = path.relative_to(templates).parts[0]
        for message in template_messages(path.read_text(encoding="utf-8"), str(path.relative_to(root))):
            found.add(message, folder if folder in APPS else WIRING)
    return found


def write(root: Path) -> dict[str, int]:
    """Brings every app's catalogue up to date and tells how many texts each app has still to translate.

    Translations are kept, also when a text moved to another app; texts that nobody uses any more are dropped.
    """
    collected = collect(root)
    catalogues = {app: _read(root, app) for app in APPS}
    entries: dict[str, list[polib.POEntry]] = {app: [] for app in APPS}
    for message, apps in collected:
        for app, translated in _homes(message, apps, catalogues):
            entries[app].append(_entry(message, translated))
    for app in APPS:
        if entries[app] or catalogue_path(root, app).exists():
            _save(root, app, entries[app])
    return {app: count for app in APPS if (count := sum(not entry.translated() for entry in entries[app]))}


def problems(root: Path) -> list[str]:
    """What would make a page half English or break it: missing, fuzzy and contradictory translations, wrong placeholders."""
    collected = collect(root)
    catalogues = {app: _read(root, app) for app in APPS}
    found = list(collected.unreadable)
    for message, apps in collected:
        holders = {app: entry for app in APPS if (entry := catalogues[app].get(message.key))}
        translated = {app: entry for app, entry in holders.items() if _is_translated(entry, message)}
        label = f"{min(translated or apps, key=APPS.index)}: {message.text!r}"
        if any(entry.fuzzy for entry in holders.values()):
            found.append(f"{label} is fuzzy")
        elif not translated:
            found.append(f"{label} has no translation")
        if len({tuple(_texts(entry)) for entry in translated.values()}) > 1:
            found.append(f"{label} is translated differently in {' and '.join(translated)}")
        for entry in translated.values():
            found += [f"{label} {problem}" for problem in _placeholder_problems(message, entry)]
    return found


def compile_all(root: Path) -> list[Path]:
    """Writes the .mo file beside each catalogue, whole or not at all, and names the files."""
    written = []
    for app in APPS:
        path = catalogue_path(root, app)
        if path.exists():
            target = path.with_suffix(".mo")
            temporary = target.with_suffix(f".{os.getpid()}.tmp")
            temporary.write_bytes(polib.pofile(str(path)).to_binary())
            temporary.replace(target)
            written.append(target)
    return written


def catalogue_path(root: Path, app: str) -> Path:
    """Where the app's catalogue lies."""
    return root / "locale" / app / LANGUAGE / "LC_MESSAGES" / "django.po"


def template_messages(source: str, origin: str = "") -> Iterator[Message]:
    """The texts of a template's translate and blocktranslate tags and of its _("…")."""
    for call in _TEMPLATE_CALL.finditer(templatize(source, origin)):
        name = "gettext" if call[1] == "_" else call[1]
        texts = [ast.literal_eval(literal) for literal in _ONE_LITERAL.findall(call[2])]
        context, text, plural = _ARGUMENTS[name]
        yield Message(
            texts[text],
            None if plural is None else texts[plural],
            None if context is None else texts[context],
        )


def _collect_python(path: Path, shown: Path, app: str, found: Collected) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    functions = _imported_functions(tree)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not (name := _called(call.func, functions)):
            continue
        context, text, plural = (None if at is None else _constant(call.args, at) for at in _ARGUMENTS[name])
        if any(map(_is_put_together, call.args)):
            found.unreadable.append(f"{shown}:{call.lineno} translates a text after putting it together")
        elif text:
            found.add(Message(text, plural, context), app)


def _imported_functions(tree: ast.Module) -> dict[str, str]:
    """How the file calls the translation functions: {"_": "gettext_lazy"}."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {
                alias.asname or alias.name: alias.name for alias in node.names if alias.name in _ARGUMENTS
            }
    return names


def _called(function: ast.expr, functions: dict[str, str]) -> str | None:
    if isinstance(function, ast.Name):
        return functions.get(function.id)
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == "translation" and function.attr in _ARGUMENTS else None
    return None


def _constant(arguments: list[ast.expr], at: int) -> str | None:
    """The text of an argument; None for a variable, whose texts are marked elsewhere."""
    node = arguments[at] if at < len(arguments) else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is_put_together(node: ast.expr) -> bool:
    """f"…", "…" + x, "…" % x and "…".format(x): no catalogue can hold these."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant)
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.BinOp)
        and any(isinstance(side, ast.Constant | ast.JoinedStr) for side in (node.left, node.right))
    )


def _read(root: Path, app: str) -> Catalogue:
    path = catalogue_path(root, app)
    if not path.exists():
        return {}
    return {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(path)) if not entry.obsolete}


def _homes(
    message: Message, apps: set[str], catalogues: dict[str, Catalogue]
) -> Iterator[tuple[str, polib.POEntry | None]]:
    """In which catalogues the text stands. Only contradictions stand twice, for a person to settle."""
    known = {app: entry for app in APPS if (entry := catalogues[app].get(message.key)) and any(_texts(entry))}
    users = [app for app in APPS if app in apps]
    holders = [app for app in users if app in known]
    if not holders:  # new, or translated where nobody uses it any more
        yield users[0], next(iter(known.values()), None)
    written: list[list[str]] = []
    for app in holders:
        if _texts(known[app]) not in written:
            written.append(_texts(known[app]))
            yield app, known[app]


def _entry(message: Message, translated: polib.POEntry | None) -> polib.POEntry:
    flags = [flag for flag in (translated.flags if translated else []) if flag == "fuzzy"]
    if _NAMED.search(message.text) or _POSITIONAL.search(message.text):
        flags.append("python-brace-format" if "%" not in message.text else "python-format")
    entry = polib.POEntry(msgid=message.text, msgctxt=message.context, flags=flags)
    if translated:
        entry.tcomment = translated.tcomment
    texts = _texts(translated) if translated else [""]
    if message.plural is None:
        entry.msgstr = texts[0]
    else:  # Japanese has one form
        entry.msgid_plural = message.plural
        entry.msgstr_plural = {0: texts[0]}
    return entry


def _texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def _is_translated(entry: polib.POEntry, message: Message) -> bool:
    return all(_texts(entry)) and bool(entry.msgid_plural) == bool(message.plural)


def _placeholder_problems(message: Message, entry: polib.POEntry) -> Iterator[str]:
    forms = [_placeholders(text) for text in (message.text, message.plural) if text is not None]
    needed, allowed = set.intersection(*forms), set.union(*forms)
    for text in _texts(entry):
        given = _placeholders(text)
        if needed - given:
            yield f"lacks {', '.join(sorted(needed - given))} in its translation"
        if given - allowed:
            yield f"has {', '.join(sorted(given - allowed))} only in its translation"


def _placeholders(text: str) -> set[str]:
    plain = text.replace("%%", "")
    named = {match[0] if match[1] else "{" + match[2] + "}" for match in _NAMED.finditer(plain)}
    positional = _POSITIONAL.findall(plain)
    return named | {f"{kind} × {positional.count(kind)}" for kind in positional}


def _save(root: Path, app: str, entries: list[polib.POEntry]) -> None:
    catalogue = polib.POFile(wrapwidth=110)
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": LANGUAGE,
        "MIME-Version": "1.0",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    catalogue.extend(entries)
    path = catalogue_path(root, app)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(catalogue).removeprefix("#\n").rstrip() + "\n", encoding="utf-8")
