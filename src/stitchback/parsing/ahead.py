"""The files of migrations of several trees, read before the trees are put together: where they are many, several processes share them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from stitchback.model.keys import MigrationKey
from stitchback.parsing.apps import Folder
from stitchback.parsing.context import Answers, ReadingCache, ReadingContext
from stitchback.parsing.folders import read_cached
from stitchback.parsing.shared_readings import SharedReadings

LEAST_SHARE = (
    150  # files a process: with much fewer, beginning it and hearing from it takes as long as reading them
)
LEAST_PART = 8  # files that a process takes at once
MOST_PARTS = 8192


class ReadFile(NamedTuple):
    """A tree that is going to be read."""

    context: ReadingContext
    folders: Sequence[Folder]


class UnreadFile(NamedTuple):
    """A file that has not been read, and whose it is."""

    tree: int
    key: MigrationKey
    path: str
    blob: str


def read_ahead(trees: Sequence[ReadFile], cache: ReadingCache | None, shared: SharedReadings) -> None:
    """Has the bytes of what was not read at hand, and where that is much and other processes are to be had, has it in the cache."""
    unread = list({(each.blob, each.path): each for each in _unread(trees, cache, shared)}.values())
    for place, tree in enumerate(trees):
        tree.context.prefetch(each.path for each in unread if each.tree == place)
    most = len(unread) // LEAST_SHARE - 1
    if cache is None or most < 1:
        return
    for tree in trees:
        tree.context.rest()
    helpers = min(cache.helpers(), most)
    if helpers > 0:
        _share_out(unread, [tree.context for tree in trees], cache, helpers)


def _unread(
    trees: Sequence[ReadFile], cache: ReadingCache | None, shared: SharedReadings
) -> Iterator[UnreadFile]:
    for place, (context, folders) in enumerate(trees):
        for folder in folders:
            blobs = context.blobs_of([path for _, path in folder.files])
            if (folder, blobs) not in shared.folders:
                for (name, path), blob in zip(folder.files, blobs, strict=True):
                    if cache is None or not cache.holds(blob, path):
                        yield UnreadFile(place, MigrationKey(folder.name, name), path, blob)


def _share_out(
    unread: Sequence[UnreadFile], contexts: Sequence[ReadingContext], cache: ReadingCache, helpers: int
) -> None:
    def size(each: UnreadFile) -> int:
        return len(contexts[each.tree].files[each.path].read())

    largest_first = sorted(
        unread, key=size, reverse=True
    )  # so that all come to an end at about the same time
    parts = min(MOST_PARTS, len(unread) // LEAST_PART)

    def read(turns: Iterator[int]) -> tuple[Answers, ...]:
        for turn in turns:
            for tree, key, path, blob in largest_first[turn::parts]:
                read_cached(key, path, blob, contexts[tree], cache)
        return tuple(context.worked_out for context in contexts)

    for found in cache.shared_out(read, parts, helpers):
        for context, answers in zip(contexts, found, strict=True):
            context.take(answers)
