"""Readings kept on disk: the same as read anew, never stale, never harmful, and nobody depends on them."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fixture_repos import case_names

import stitchback
from stitchback.adapters import cache_file as kept_files
from stitchback.adapters import reading_cache
from stitchback.adapters.cache_file import MAGIC, DamagedCache, checksum, load, packed, store, unpacked
from stitchback.adapters.encoded_migrations import decoded, encoded
from stitchback.adapters.fixture_case import files_under
from stitchback.adapters.git_objects import BlobEntry
from stitchback.adapters.reading_cache import DiskReadings
from stitchback.model.keys import MigrationKey
from stitchback.model.migrations import Migration, Tree, Unreadable
from stitchback.model.operations import Operation
from stitchback.model.values import Code
from stitchback.parsing.reading_context import CachedReading, ReadingConfig
from stitchback.parsing.tree import read_tree

FIXTURES = Path(stitchback.__file__).parents[2] / "fixtures" / "repos"
HEAD = "from django.conf import settings\nfrom django.db import migrations, models\n"
ODD = (
    HEAD
    + """# stitchback: covers shop.0003_x of release (commit 1)
import shop.fields, shop.operations

def forwards(apps, editor):
    print(1)

class Migration(migrations.Migration):
    initial = None
    atomic = False
    dependencies = [("shop", "0001_a"), migrations.swappable_dependency(settings.AUTH_USER_MODEL), unknown()]
    run_before = [("other", "__first__")]
    replaces = [("shop", "0000_gone")]
    operations = [
        migrations.AddField("item", "x", shop.fields.Price(1.5, 2j, b"b", ..., None, {1, 2}, -0.0, default=[{"a": (1,)}])),
        migrations.SeparateDatabaseAndState([migrations.RunSQL("a")], [migrations.RunPython(forwards, lambda a, e: None)]),
        shop.operations.Unknown(3),
        migrations.RunPython(unknown),
        *more(),
    ]
"""
)
KEY = MigrationKey("shop", "0002_odd")
CONDITIONAL = (
    HEAD
    + """from django.db import connection
from shop.heavy import LENGTH

def length():
    return 3 if settings.HEAVY else 4

class Migration(migrations.Migration):
    operations = [
        migrations.AddField("item", "x", models.CharField(max_length=length(), default=settings.LENGTH)),
        migrations.AddField("item", "y", models.CharField(max_length=LENGTH)),
        migrations.RunSQL("a" if connection.vendor == "postgresql" else "b"),
    ]
"""
)
FILES = {
    "shop/__init__.py": b"",
    "shop/migrations/__init__.py": b"",
    "shop/migrations/0002_odd.py": ODD.encode(),
    "shop/migrations/0003_broken.py": b"def (",
    "shop/migrations/0004_none.py": b"",
    "shop/migrations/0006_plain.py": (
        HEAD
        + "def forwards(apps, editor):\n    print(2)\n\nclass Migration(migrations.Migration):\n"
        + "    operations = [migrations.RunPython(forwards)]\n"
    ).encode(),
    "shop/fields.py": b"from django.db import models\nclass Price(models.DecimalField): pass\n",
}


class Files(dict[str, BlobEntry]):
    """A tree's files; `read` are those whose bytes were asked for."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.read: list[str] = []
        for path, content in contents.items():
            self[path] = BlobEntry(path, str(hash(content)), "100644", self.reader(path, content))

    def reader(self, path: str, content: bytes) -> Callable[[str], bytes]:
        def read(_: str) -> bytes:
            self.read.append(path)
            return content

        return read


def tree(contents: Mapping[str, bytes], cache: DiskReadings | None = None, **config: object) -> Tree:
    return read_tree("main", "1", Files(contents), ReadingConfig(**config), cache)  # type: ignore[arg-type]


def opened(read: Tree) -> str:
    """All of a tree in one text, places in files too; sets in one order."""
    assert all(migration.operations is not None for migration in read.migrations.values())
    return re.sub(r"frozenset\(\{([^{}]*)\}\)", lambda found: str(sorted(found[1].split(", "))), repr(read))


def cache_file(place: Path, contents: Mapping[str, bytes] = FILES) -> Path:
    """The cache's file after the tree has been read."""
    cache = DiskReadings(place)
    tree(contents, cache)
    cache.save()
    return cache.place


class TestWhatIsReadBack:
    def test_odd_migrations_are_what_they_were(self, tmp_path: Path) -> None:
        cache_file(tmp_path)
        files = Files(FILES)
        again = read_tree("main", "1", files, cache=DiskReadings(tmp_path))
        assert [path for path in files.read if "/migrations/" in path] == []
        assert opened(again) == opened(tree(FILES))
        plain = {"shop/migrations/0006_plain.py"}
        assert {
            path for path in files.read if "/migrations/" in path
        } == plain  # git has what these are made of

    @pytest.mark.parametrize("name", case_names())
    def test_the_fixtures_are_what_they_were(self, name: str, tmp_path: Path) -> None:
        for folder in sorted(path for path in (FIXTURES / name).iterdir() if path.is_dir()):
            contents = files_under(folder)
            cache_file(tmp_path, contents)
            assert opened(tree(contents, DiskReadings(tmp_path))) == opened(tree(contents))

    def test_one_file_holds_all(self, tmp_path: Path) -> None:
        cache_file(tmp_path)
        cache_file(tmp_path, {**FILES, "shop/migrations/0005_more.py": ODD.encode()})
        folder = kept_files.place_of(tmp_path, "readings", "").parent
        assert len([path for path in folder.rglob("*") if path.is_file()]) == 1
        assert not list(tmp_path.rglob("*")), "nothing is kept in the repository"

    def test_what_was_opened_once_more_is_kept_with_its_operations(self, tmp_path: Path) -> None:
        place = cache_file(tmp_path)
        sizes = [place.stat().st_size]
        for _ in range(2):
            cache = DiskReadings(tmp_path)
            assert opened(tree(FILES, cache)) == opened(tree(FILES))
            cache.save()
            sizes.append(place.stat().st_size)
        assert sizes[0] < sizes[1] == sizes[2]
        files = Files(FILES)
        again = read_tree("main", "1", files, cache=DiskReadings(tmp_path))
        run = again.migrations[MigrationKey("shop", "0006_plain")].operations[0]
        assert isinstance(run, Operation)
        assert "shop/migrations/0006_plain.py" not in files.read
        code = run.argument("code")
        assert isinstance(code, Code)
        assert (code.later is None, code.source[:12]) == (True, "def forwards")

    def test_code_that_nobody_compared_stays_unwritten(self, tmp_path: Path) -> None:
        cache_file(tmp_path)
        cache = DiskReadings(tmp_path)
        plain = tree(FILES, cache).migrations[MigrationKey("shop", "0006_plain")]
        assert plain.operations
        cache.save()
        again = tree(FILES, DiskReadings(tmp_path)).migrations[MigrationKey("shop", "0006_plain")]
        run = again.operations[0]
        assert isinstance(run, Operation)
        code = run.argument("code")
        assert isinstance(code, Code)
        assert code.later is not None
        assert again == tree(FILES).migrations[again.key]

    def test_nothing_new_is_not_written(self, tmp_path: Path) -> None:
        place = cache_file(tmp_path)
        before = place.stat().st_mtime_ns, place.stat().st_ino
        cache_file(tmp_path)
        assert (place.stat().st_mtime_ns, place.stat().st_ino) == before


class TestMigrationsThatAreNotOpened:
    def read(self, tmp_path: Path) -> tuple[Migration, Migration]:
        cache_file(tmp_path)
        key = MigrationKey("shop", "0002_odd")
        return tree(FILES, DiskReadings(tmp_path)).migrations[key], tree(FILES).migrations[key]

    def test_are_equal_to_those_that_were_read(self, tmp_path: Path) -> None:
        stored, read = self.read(tmp_path)
        assert stored.later is not None
        assert stored == read
        assert read == stored
        assert stored.with_changes(atomic=True) != read

    def test_tell_their_numbers_and_stay_closed(self, tmp_path: Path) -> None:
        stored, read = self.read(tmp_path)
        assert stored.operation_count == len(read.operations)
        renamed = stored.with_changes(key=MigrationKey("store", "0002_odd"))
        assert renamed != stored
        assert stored.later is not None
        assert renamed.later is stored.later
        assert renamed.operations == read.operations

    def test_tell_what_is_opaque(self, tmp_path: Path) -> None:
        stored, read = self.read(tmp_path)
        assert stored.opaques == read.opaques != ()

    def test_have_no_other_attributes(self, tmp_path: Path) -> None:
        stored, _ = self.read(tmp_path)
        with pytest.raises(AttributeError):
            stored.anything  # type: ignore[attr-defined]  # noqa: B018


class TestNeverStale:
    def test_an_imported_constant_has_changed(self, tmp_path: Path) -> None:
        files = {
            **FILES,
            "shop/sizes.py": b"SIZE = 3\n",
            "shop/migrations/0006_sized.py": HEAD.encode() + b"from shop.sizes import SIZE\n"
            b"class Migration(migrations.Migration):\n    operations = [migrations.RunSQL(str(SIZE))]\n",
        }
        cache_file(tmp_path, files)
        changed = {**files, "shop/sizes.py": b"SIZE = 4\n"}
        found = tree(changed, DiskReadings(tmp_path))
        assert opened(found) == opened(tree(changed))
        assert "'4'" in str(found.migrations[MigrationKey("shop", "0006_sized")].operations[0])

    def test_a_module_that_was_missing_is_there(self, tmp_path: Path) -> None:
        cache_file(tmp_path)
        added = {
            **FILES,
            "shop/operations.py": b"from django.db import migrations\nclass Unknown(migrations.RunSQL): pass\n",
        }
        assert opened(tree(added, DiskReadings(tmp_path))) == opened(tree(added))
        assert opened(tree(added)) != opened(tree(FILES))

    def test_the_configuration_has_changed(self, tmp_path: Path) -> None:
        cache_file(tmp_path)
        said = {"operation_equivalents": {"shop.operations.Unknown": "RunSQL"}}
        assert opened(tree(FILES, DiskReadings(tmp_path), **said)) == opened(tree(FILES, **said))
        assert opened(tree(FILES, **said)) != opened(tree(FILES))

    @pytest.mark.parametrize(
        "configured",
        [{"settings": {"HEAVY": True}}, {"settings": {"HEAVY": False}}, {"engines": ("postgresql",)}],
    )
    def test_a_setting_or_the_engine_is_said(self, tmp_path: Path, configured: dict[str, object]) -> None:
        """Asked directly, in a function that is followed, and in a module that is imported."""
        files = {
            **FILES,
            "shop/heavy.py": b"from django.conf import settings\nLENGTH = 9 if settings.HEAVY else 5\n",
            "shop/migrations/0002_odd.py": CONDITIONAL.encode(),
        }
        told, untold = tree(files, **configured), tree(files)
        assert told.migrations[KEY] != untold.migrations[KEY]
        for first, second in ((told, untold), (untold, told)):
            place = tmp_path / str(first is told)
            for expected in (first, second, first, second):
                cache = DiskReadings(place)
                again = tree(files, cache, **(configured if expected is told else {}))
                cache.save()
                assert again.migrations[KEY] == expected.migrations[KEY]

    def test_a_setting_is_another_kind_of_value(self, tmp_path: Path) -> None:
        files = {**FILES, "shop/migrations/0002_odd.py": CONDITIONAL.encode()}
        for value in (1, "1", True, 1.0, [1], {"1": 1}):
            cache = DiskReadings(tmp_path)
            again = tree(files, cache, settings={"LENGTH": value, "HEAVY": True})
            cache.save()
            assert again == tree(files, settings={"LENGTH": value, "HEAVY": True})

    def test_the_app_has_another_label(self, tmp_path: Path) -> None:
        cache_file(tmp_path)
        found = tree(FILES, DiskReadings(tmp_path), apps={"store": "shop"})
        assert MigrationKey("store", "0002_odd") in found.migrations

    def test_the_same_file_lies_elsewhere(self, tmp_path: Path) -> None:
        cache_file(tmp_path)
        moved = {path.replace("shop/migrations", "store/migrations"): text for path, text in FILES.items()}
        assert opened(tree(moved, DiskReadings(tmp_path))) == opened(tree(moved))

    @pytest.mark.parametrize(
        ("owner", "name", "value"), [(stitchback, "__version__", "9.9"), (sys, "version", "3.99 (other)")]
    )
    def test_another_version_looks_elsewhere(
        self, owner: object, name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = cache_file(tmp_path)
        monkeypatch.setattr(owner, name, value)
        other = DiskReadings(tmp_path)
        assert other.place != place
        assert (
            other.get(Files(FILES)["shop/migrations/0002_odd.py"].blob, "shop/migrations/0002_odd.py", bytes)
            is None
        )

    def test_another_source_of_the_reader_looks_elsewhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sources = list(kept_files.sources_of(("parsing", "model")))
        assert {name.rpartition("/")[0] for name, _, _ in sources} == {"parsing", "model"}
        before = kept_files.version_of("parsing")
        changed = [(name, size + 1, time) for name, size, time in sources]
        monkeypatch.setattr(kept_files, "sources_of", lambda names: iter(changed))
        assert kept_files.version_of("parsing") != before


class Touch:
    """A pickle that makes a file when it is loaded carelessly."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.place),))


def spoilt(content: bytes) -> Iterator[bytes]:
    payload = content[len(MAGIC) + 8 :]
    for length in (0, 5, len(MAGIC), len(MAGIC) + 3, len(content) // 2, len(content) - 1):
        yield content[:length]
    yield b"\0" * len(content)
    yield content.replace(b"shop", b"pohs", 1)
    for other in (b"", b"garbage", packed([1, 2]), packed(None), payload[:-1], payload[5:]):
        yield MAGIC + checksum(other) + other


class TestNeverTrusted:
    def test_whatever_is_damaged_is_read_and_written_anew(self, tmp_path: Path) -> None:
        place = cache_file(tmp_path)
        content = place.read_bytes()
        for damaged in spoilt(content):
            place.write_bytes(damaged)
            cache = DiskReadings(tmp_path)
            assert opened(tree(FILES, cache)) == opened(tree(FILES))
            cache.save()
            assert place.read_bytes() == content

    def test_entries_that_are_none_are_read_anew(self, tmp_path: Path) -> None:
        place = cache_file(tmp_path)
        good = load(place)
        for bad in ((), ("m",), ("m", 1, 2), ("x", *range(14)), (None,) * 15, "text", 3):
            store(place, packed(dict.fromkeys(good, bad)))
            cache = DiskReadings(tmp_path)
            assert opened(tree(FILES, cache)) == opened(tree(FILES))
            cache.save()
            assert load(place) == good

    def test_nothing_of_it_is_run(self, tmp_path: Path) -> None:
        place = cache_file(tmp_path)
        harm = pickle.dumps({("a", "b"): Touch(tmp_path / "harm")})
        place.write_bytes(MAGIC + checksum(harm) + harm)
        assert opened(tree(FILES, DiskReadings(tmp_path))) == opened(tree(FILES))
        assert not (tmp_path / "harm").exists()

    def test_nothing_of_its_operations_is_run(self, tmp_path: Path) -> None:
        reading = next(
            CachedReading(migration) for migration in tree(FILES).migrations.values() if migration.operations
        )
        entry = list(encoded(reading))
        entry[-2] = (None, pickle.dumps(Touch(tmp_path / "harm")))
        migration = decoded(tuple(entry), bytes).result
        assert isinstance(migration, Migration)
        with pytest.raises(DamagedCache):
            assert migration.operations
        assert not (tmp_path / "harm").exists()

    def test_only_plain_values_are_unpacked(self) -> None:
        assert unpacked(packed(("a", 1, None, b"b", 1.5, True))) == ("a", 1, None, b"b", 1.5, True)
        for harmful in (pickle.dumps(Path("/")), pickle.dumps(len), b"cos\nsystem\n(S'true'\ntR."):
            with pytest.raises(DamagedCache):
                unpacked(harmful)

    def test_unreadable_files_are_kept_too(self) -> None:
        unreadable = replace(tree(FILES).unreadable[0], digest="")  # which the tree adds
        for each in (unreadable, replace(unreadable, is_python2=True)):
            assert decoded(encoded(CachedReading(each, (("a", "b"),))), bytes).result == each
        assert isinstance(unreadable, Unreadable)


class TestNeverNeeded:
    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "stitchback").write_bytes(b"a file in the way")
        cache = DiskReadings(tmp_path)
        assert opened(tree(FILES, cache)) == opened(tree(FILES))
        cache.save()
        assert (tmp_path / "stitchback").read_bytes() == b"a file in the way"

    def test_a_place_that_cannot_be_read(self, tmp_path: Path) -> None:
        cache = DiskReadings(tmp_path)
        cache.place.mkdir(parents=True)
        again = DiskReadings(tmp_path)
        assert opened(tree(FILES, again)) == opened(tree(FILES))
        again.save()
        assert [path.name for path in cache.place.parent.iterdir()] == [cache.place.name]

    def test_it_does_not_grow_without_end(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        place = cache_file(tmp_path)
        monkeypatch.setattr(reading_cache, "MOST_BYTES", 1)
        other = {"shop/migrations/__init__.py": b"", "shop/migrations/0009_z.py": ODD.encode() + b"\n"}
        cache_file(tmp_path, other)
        assert {path for _, path in load(place)} == {"shop/migrations/0009_z.py"}

    def test_old_files_of_other_versions_go(self, tmp_path: Path) -> None:
        place = cache_file(tmp_path)
        old, young = place.with_name("readings-old"), place.with_name("readings-young")
        for other in (old, young):
            other.write_bytes(b"")
        os.utime(old, (0, 0))
        cache_file(tmp_path, {**FILES, "shop/migrations/0005_more.py": ODD.encode()})
        assert not old.exists()
        assert young.exists()


WRITER = """
import sys
from pathlib import Path
from stitchback.adapters.cache_file import packed, store
place, mark = Path(sys.argv[1]), sys.argv[2]
for _ in range(60):
    store(place, packed({(mark, str(number)): (mark,) * 200 for number in range(200)}))
"""


@dataclass(frozen=True)
class Seen:
    marks: frozenset[str]
    entries: int


def test_two_that_write_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    place = tmp_path / "readings"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(place), mark]) for mark in ("one", "other")
    ]
    seen: set[Seen] = set()
    while any(writer.poll() is None for writer in writers):
        found = load(place)
        assert found or not seen, "a file that was there was taken for damaged"
        if found:
            seen.add(Seen(frozenset(mark for mark, _ in found), len(found)))
    assert [writer.returncode for writer in writers] == [0, 0]
    assert all(len(each.marks) == 1 and each.entries == 200 for each in seen)
    assert len(load(place)) == 200
    assert list(tmp_path.iterdir()) == [place]
