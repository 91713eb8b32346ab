"""Which migrations no database can have: they are on no remote branch, no tag and no release branch, and in no ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from stitchback.adapters.git import Ref
from stitchback.api.project import Project
from stitchback.api.release_branches import is_release_branch
from stitchback.model.keys import MigrationKey
from stitchback.model.ledger import Ledger
from stitchback.model.migrations import Migration


@dataclass(frozen=True, slots=True)
class AppliedEvidence:
    """`evidence`: migration -> where it is, in words. `searched`: how many refs and ledgers were looked through. `knows_pushed`: whether there
    are remote-tracking branches; without them nothing shows what others have."""

    evidence: Mapping[MigrationKey, str] = field(default_factory=dict)
    searched: int = 0
    knows_pushed: bool = False

    def is_possible(self, keys: Collection[MigrationKey]) -> bool:
        """Whether something shows that a database may have one of them."""
        return any(key in self.evidence for key in keys)


def may_have_applied(
    project: Project, own: Iterable[Migration], ledgers: Iterable[Ledger]
) -> AppliedEvidence:
    """The user's own database is not known here: reports state that."""
    migrations = tuple(own)
    refs = tuple(filter(lambda ref: is_deployed(project, ref), project.repository.all_refs()))
    there = project.repository.which_have([ref.commit for ref in refs], [each.path for each in migrations])
    found: dict[MigrationKey, str] = {}
    for migration in migrations:
        for ref in refs:
            if migration.path in there[ref.commit]:
                found.setdefault(migration.key, f"{_KINDS[ref.kind]} {ref.name}")
    known = tuple(ledgers)
    for ledger in known:
        for key in sorted({each.key for each in migrations} & set(ledger.keys)):
            found.setdefault(key, f"ledger {ledger.source}")
    return AppliedEvidence(found, len(refs) + len(known), any(ref.kind == "remote" for ref in refs))


def is_deployed(project: Project, ref: Ref) -> bool:
    """Whether others can have the ref's files: what was pushed, tagged, or is a release branch by its name."""
    return ref.kind != "branch" or is_release_branch(ref, project.configuration.patch_branches)


_KINDS = {"branch": "branch", "remote": "remote branch", "tag": "tag"}
