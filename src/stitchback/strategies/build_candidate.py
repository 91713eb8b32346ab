"""What is left to do once every unit is treated: settle mainline's migrations, join leaves, put the candidate together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stitchback.matching.case import Case
from stitchback.model.plans import Candidate, Remark
from stitchback.strategies.carry_state_options import carried
from stitchback.strategies.draft import Draft, FileDraft
from stitchback.strategies.file_names import leaf_key, path_for
from stitchback.strategies.leaves import leaves
from stitchback.strategies.new_references import with_referenced_apps
from stitchback.strategies.patch_shapes import with_patch_shapes
from stitchback.strategies.recorded_names import as_recorded
from stitchback.strategies.remove_duplicates import remove_duplicates
from stitchback.strategies.renumber import number, renumbered

LONGEST_JOINED = 47  # as makemigrations: beyond it the leaves' names do not go into a merge migration's name


def finish(draft: Draft, case: Case) -> Candidate | None:
    """The candidate that the draft makes; None where mainline's operations cannot be settled as it wants them."""
    units, settled = case.units, remove_duplicates(draft)
    if settled is None:
        return None
    for app, names in sorted(settled.used.items()):
        if "renumber" in names:
            behind = max(number(unit.key) for unit in units if unit.key.app == app)
            settled = renumbered(settled, app, units[0].side.unreleased, behind)
    for app in sorted({unit.key.app for unit in units} | {key.app for key in settled.files}):
        settled = _joined(settled, app)
    settled = as_recorded(with_referenced_apps(carried(with_patch_shapes(settled, case), case), case), case)
    if settled is None:
        return None
    manual_inserts = tuple(sorted(settled.manual_inserts))
    remarks = (*settled.remarks, *_about_new_apps(settled, case))
    return Candidate(_strategies(settled), settled.edits, settled.result, manual_inserts, remarks)


def _about_new_apps(draft: Draft, case: Case) -> Iterator[Remark]:
    """What Django needs beside the migrations of an app that mainline does not have: a plan writes migrations and their packages alone."""
    written = {edit.key.app for edit in draft.edits}
    refs = {unit.key.app: unit.side.patch.tree.ref for unit in case.units}
    known = draft.mainline.apps.keys() | {key.app for key in draft.mainline.migrations}
    for app in sorted(written & refs.keys() - known):
        said = (
            f"{app} is a new app: its packages (__init__.py) are written too. Django loads it once its code and INSTALLED_APPS of "
            f"{refs[app]} are there: `git merge {refs[app]}` after `apply`."
        )
        yield Remark(None, said)


def _strategies(draft: Draft) -> Mapping[str, str]:
    """The strategies by app, those apps and those strategies left out that change no file."""
    edited = {edit.key.app for edit in draft.edits}
    used = {app: names for app, names in sorted(draft.used.items()) if app in edited}
    return {
        app: "+".join(name for name in names if name != "unchanged") or "merge" for app, names in used.items()
    }


def _joined(draft: Draft, app: str) -> Draft:
    """With an empty merge migration where the app has more than one leaf."""
    found = leaves(draft.result, app)
    if len(found) < 2:
        return draft
    names = "_".join(key.name for key in found)
    words = f"merge_{names}" if len(names) <= LONGEST_JOINED else f"merge_{found[-1].name}"
    key = leaf_key(draft, app, words)
    like = draft.result.migrations[found[0]].path
    return draft.with_file(FileDraft(key, path_for(draft, key, like), None, found))
