"""`graph` as a diagram: nodes and lines that Mermaid and Graphviz lay out. All text is quoted, so that no name ends its label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.text import Text

from stitchback.planning.graph_picture import DrawnMigration, GraphPicture, Node
from stitchback.reporting.escaping import visible
from stitchback.reporting.graph_marks import head, links_of, marks, match_mark, name
from stitchback.reporting.grouping import MatchRow

PATCH, MAINLINE = "#dbeafe", "#dcfce7"  # fill colours of what only one ref has


@dataclass(frozen=True, slots=True)
class Box:
    """A node: its name in the diagram's source, the lines of its label, its fill colour ("" for none), and whether its border is dashed: the
    migration is not applied, or replaced."""

    id: str
    label: tuple[str, ...]
    fill: str = ""
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """`apps`: label -> its boxes. `edges`: from a migration to one that it depends on. `links`: matches, with their verdict."""

    title: str
    apps: dict[str, list[Box]]
    edges: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str, str], ...]


def diagram_of(picture: GraphPicture) -> Diagram:
    ids = {drawn.node: f"n{number}" for number, drawn in enumerate(picture.migrations)}
    links, drawn_links, beside = links_of(picture), list[tuple[str, str, str]](), dict[Node, list[str]]()
    for node in filter(picture.is_of_patch, ids):
        for row in links.get(node.key, ()):
            targets = [ids[each] for each in _targets(picture, row) if each in ids]
            verdict = f"{row.verdict.value}: {', '.join(row.words)}"
            drawn_links += [(ids[node], target, verdict) for target in targets]
            if not targets:
                beside.setdefault(node, []).append(match_mark(row).plain)
    apps: dict[str, list[Box]] = {}
    for drawn in picture.migrations:
        more = beside.get(drawn.node, [])
        box = Box(
            ids[drawn.node],
            tuple(_label(picture, drawn, more)),
            _fill(picture, drawn.node),
            drawn.counts is False or bool(drawn.replaced_by),
        )
        apps.setdefault(drawn.node.app, []).append(box)
    edges = tuple(
        (ids[drawn.node], ids[parent])
        for drawn in picture.migrations
        for parent in drawn.parents
        if parent in ids
    )
    return Diagram(_plain(head(picture)), apps, edges, tuple(drawn_links))


def _targets(picture: GraphPicture, row: MatchRow) -> Iterator[Node]:
    """The nodes of mainline's migrations: one of them for each is in the picture."""
    for key in row.mainline:
        yield Node(*key)
        yield Node(*key, picture.trees[-1].ref)


def _label(picture: GraphPicture, drawn: DrawnMigration, more: Iterable[str]) -> Iterator[str]:
    yield _plain(name(drawn))
    yield from (mark.plain for mark in marks(picture, drawn))
    yield from more


def _plain(parts: Iterable[Text]) -> str:
    return "".join(part.plain for part in parts)


def _fill(picture: GraphPicture, node: Node) -> str:
    if not node.ref or picture.fork_commit is None:
        return ""
    return PATCH if picture.is_of_patch(node) else MAINLINE


def mermaid(picture: GraphPicture) -> str:
    """A flowchart (https://mermaid.js.org/syntax/flowchart.html): a migration above those that it depends on."""
    return "\n".join(_mermaid_lines(diagram_of(picture)))


def _mermaid_lines(diagram: Diagram) -> Iterator[str]:
    yield "flowchart TB"
    yield f"  title[{mermaid_quoted((diagram.title,))}]"
    for number, (app, boxes) in enumerate(diagram.apps.items()):
        yield f"  subgraph app{number}[{mermaid_quoted((app,))}]"
        yield from (f"    {box.id}[{mermaid_quoted(box.label)}]" for box in boxes)
        yield "  end"
    yield from (f"  {child} --> {parent}" for child, parent in diagram.edges)
    for patch, mainline, verdict in diagram.links:
        yield f"  {patch} -.-|{mermaid_quoted((verdict,))}| {mainline}"
    for box in (box for boxes in diagram.apps.values() for box in boxes):
        styles = [f"fill:{box.fill},color:#111"] if box.fill else []
        styles += ["stroke-dasharray:4"] if box.is_dashed else []
        if styles:
            yield f"  style {box.id} {','.join(styles)}"


def mermaid_quoted(lines: Iterable[str]) -> str:
    """The lines as a quoted text; all but letters, digits and a few characters as entity codes (`#34;` is a quotation mark)."""
    return '"' + "<br/>".join("".join(map(_entity, visible(line))) for line in lines) + '"'


def _entity(character: str) -> str:
    return character if character.isalnum() or character in " _-./," else f"#{ord(character)};"


def dot(picture: GraphPicture) -> str:
    """A graph in the language of Graphviz (https://graphviz.org/doc/info/lang.html): a migration above those that it depends on."""
    return "\n".join(_dot_lines(diagram_of(picture)))


def _dot_lines(diagram: Diagram) -> Iterator[str]:
    yield "digraph migrations {"
    yield f"  label={dot_quoted((diagram.title,))};"
    yield "  node [shape=box];"
    for number, (app, boxes) in enumerate(diagram.apps.items()):
        yield f"  subgraph cluster_{number} {{"
        yield f"    label={dot_quoted((app,))};"
        yield from (f"    {box.id} [{_dot_attributes(box)}];" for box in boxes)
        yield "  }"
    yield from (f"  {child} -> {parent};" for child, parent in diagram.edges)
    for patch, mainline, verdict in diagram.links:
        look = "style=dashed, dir=none, constraint=false"
        yield f"  {patch} -> {mainline} [label={dot_quoted((verdict,))}, {look}];"
    yield "}"


def _dot_attributes(box: Box) -> str:
    styles = [*(["filled"] if box.fill else []), *(["dashed"] if box.is_dashed else [])]
    attributes = [f"label={dot_quoted(box.label)}"]
    attributes += [f'style="{",".join(styles)}"'] if styles else []
    attributes += [f'fillcolor="{box.fill}"'] if box.fill else []
    return ", ".join(attributes)


def dot_quoted(lines: Iterable[str]) -> str:
    """The lines as a quoted text; a backslash, and what begins an entity or a tag, is escaped in each."""
    return '"' + "\\n".join("".join(_DOT.get(each, each) for each in visible(line)) for line in lines) + '"'


_DOT = {"\\": "\\\\", '"': '\\"', "&": "&amp;", "<": "&lt;", ">": "&gt;"}
