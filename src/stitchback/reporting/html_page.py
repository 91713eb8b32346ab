"""One self-contained HTML page from the templates of `html/`: its data is one JSON block, and its Content-Security-Policy allows no network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files

from stitchback.reporting.escaping import harmless_in_json, visible

DRAWN = "The picture is drawn by Cytoscape.js {}, © The Cytoscape Consortium, MIT license (its text is in this file). "
HTML = files("stitchback.reporting") / "html"
_IN_A_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\x7f": "\\u007f"}
_LINE = re.compile(r"[^\n\t]+")
_PLACEHOLDER = re.compile(r"{{(\w+)}}")
_VERSION = re.compile(r'\.version="([\d.]+)"')


def page(data: Mapping[str, object]) -> str:
    """The page. Of `data`, `title` and `subtitle` are its head; each other key is a section (`page.js`). Without pictures it needs no library."""
    style = _read("page.css")
    library = _read("library/cytoscape.min.js") if data.get("pictures") else ""
    code = f"{_read('graph.js')}\n{_read('page.js')}"
    scripts = (*([library] if library else []), code)
    version = _VERSION.search(library)
    parts = {
        "policy": policy(style, *scripts),
        "style": style,
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
        "drawn": DRAWN.format(version[1]) if version else "",
        "data": block(data),
    }
    return _PLACEHOLDER.sub(lambda match: parts[match[1]], _read("page.html"))


def policy(style: str, *scripts: str) -> str:
    """Nothing is loaded, and only these texts are executed (https://www.w3.org/TR/CSP3/): an inline script that is not among them does not run."""
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {' '.join(map(_digest, scripts))}; "
        "base-uri 'none'; form-action 'none'"
    )


def block(data: Mapping[str, object]) -> str:
    """JSON in ASCII in which no text ends the script element or begins a comment
    (https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements). Characters that are not shown, or that
    change the direction of writing, are spelled out."""
    text = json.dumps(_visible(data), sort_keys=True, separators=(",", ":"))
    for character, escaped in _IN_A_SCRIPT.items():
        text = text.replace(character, escaped)
    return harmless_in_json(text)


def _visible(value: object) -> object:
    match value:
        case str():
            return _LINE.sub(lambda match: visible(match[0]), value)
        case Mapping():
            return {key: _visible(part) for key, part in value.items()}
        case list() | tuple():
            return [_visible(part) for part in value]
    return value


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _read(name: str) -> str:
    """Line breaks as a browser reads them: the policy's hashes are of that text."""
    return (HTML / name).read_text(encoding="utf-8").replace("\r\n", "\n")
