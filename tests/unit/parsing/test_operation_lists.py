"""Operations: whatever they are written like, Django's kind and its parameter names."""

from __future__ import annotations

import pytest
from migration_values import migration, tree

from stitchback.model.operations import Operation
from stitchback.model.source import Opaque
from stitchback.model.values import Code, Constant, Reference, text
from stitchback.operations import BY_PATH, TEMPLATES
from stitchback.parsing.reading_context import ReadingConfig
from stitchback.proof.context import unread

from .reading import operation, operations, shown

COLOR = "AddField(field=django.db.models.IntegerField(), model_name='item', name='color')"
ADD = "migrations.AddField('item', 'color', models.IntegerField())"


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("", ADD),
        ("", "migrations.AddField(model_name='item', name='color', field=models.IntegerField())"),
        ("", "migrations.AddField('item', field=models.IntegerField(), name='color')"),
        ("from django.db.migrations import AddField as Add", "Add('item', 'color', models.IntegerField())"),
        (
            "import django.db.migrations.operations.fields as f",
            "f.AddField('item', 'color', models.IntegerField())",
        ),
        (
            "from django.db.migrations import operations as o",
            "o.AddField('item', 'color', models.IntegerField())",
        ),
        (
            "def add(name):\n    return migrations.AddField('item', name, models.IntegerField())",
            "add('color')",
        ),
        ("add = migrations.AddField", "add('item', 'color', models.IntegerField())"),
        ("args = ['item', 'color', models.IntegerField()]", "migrations.AddField(*args)"),
        ("class Add(migrations.AddField):\n    pass", "Add('item', 'color', models.IntegerField())"),
        ("class A(migrations.AddField): pass\nclass B(A): pass", "B('item', 'color', models.IntegerField())"),
        (
            "class Add(migrations.AddField):\n    def __init__(self, name, **kwargs):\n"
            "        super().__init__('item', name, **kwargs)",
            "Add('color', field=models.IntegerField())",
        ),
        (
            "class Add(migrations.AddField):\n    def __init__(self, name):\n        self.extra = 1\n"
            "        field = models.IntegerField()\n        super(Add, self).__init__('item', name, field)",
            "Add('color')",
        ),
    ],
)
def test_one_operation_written_in_many_ways(before: str, text: str) -> None:
    assert str(operation(text, before)) == COLOR


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_every_kind_is_read(path: str) -> None:
    module, _, name = path.rpartition(".")
    arguments = ", ".join(f"{parameter}=None" for parameter in BY_PATH[path].parameters)
    found = operation(f"{name}({arguments})", f"from {module} import {name}")
    assert (found.kind, found.path) == (name, path)


def test_an_operation_of_a_newer_django_is_opaque_and_reported() -> None:
    (found,) = operations("[migrations.RenameConstraint('item', 'a', 'b')]")
    assert isinstance(found, Opaque)
    assert found.reason == "django.db.migrations.RenameConstraint is not a known operation"
    (line,) = unread(tree(migration("shop.0002_x", "", found)))
    assert line == f"shop.0002_x: {found}; assumed to change no schema, and to run exactly once"


def test_a_class_that_shadows_django_s_name_is_not_mistaken() -> None:
    shadow = "from shop.ops import RunSQL"
    (found,) = operations("[RunSQL('x')]", shadow)
    assert isinstance(found, Opaque)
    own = "class RunSQL:\n    pass"
    (found,) = operations("[RunSQL('x')]", own)
    assert isinstance(found, Opaque)


def test_a_subclass_keeps_its_path() -> None:
    ops = {"shop/ops.py": "from django.db.migrations import AddField\nclass Safe(AddField):\n    pass\n"}
    found = operation("Safe('item', 'color', models.IntegerField())", "from shop.ops import Safe", others=ops)
    assert (found.kind, found.path) == ("AddField", "shop.ops.Safe")
    own = operation("Safe('item', 'color', None)", "class Safe(migrations.AddField): pass")
    assert own.path == "shop.migrations.0002_x.Safe"


def test_a_configured_equal() -> None:
    config = ReadingConfig(operation_equivalents={"lib.AddFieldSafely": "AddField"})
    found = operation(
        "lib.AddFieldSafely('item', 'color', models.IntegerField())", "import lib", config=config
    )
    assert (str(found), found.path) == (COLOR, "lib.AddFieldSafely")
    subclass = "import lib\nclass Mine(lib.AddFieldSafely): pass"
    assert (
        operation("Mine('item', 'color', models.IntegerField())", subclass, config=config).kind == "AddField"
    )


def test_a_wrong_equal_is_told() -> None:
    config = ReadingConfig(operation_equivalents={"lib.X": "NoSuch"})
    (found,) = operations("[lib.X()]", "import lib", config=config)
    assert "not an operation of Django" in shown((found,))[0]


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("from lib import Thing", "Thing()"),
        ("", "3"),
        ("", "migrations.AddField"),
        ("", "unknown.call()"),
        ("def make():\n    if x: return 1\n    return 2", "make()"),
        ("class C(migrations.AddField):\n    def state_forwards(self, a, s): s.x = 1", "C('a', 'b', None)"),
        ("class C(migrations.AddField):\n    def __init__(self, n):\n        self.name = n", "C('a')"),
        (
            "class C(migrations.AddField):\n    def __init__(self, n):\n        super().__init__(load(n))",
            "C('a')",
        ),
        ("", "migrations.AddField('a', 'b', None, True, 5)"),
        ("", "migrations.AddField(*everything)"),
    ],
)
def test_what_is_no_known_operation_is_opaque(before: str, text: str) -> None:
    found = operations(f"[{text}, {ADD}]", before)
    assert len(found) == 2
    opaque = found[0] if isinstance(found[0], Opaque) else found[0].opaques
    assert opaque
    assert isinstance(found[1], Operation)


def test_half_an_operation() -> None:
    state_only = "class S(migrations.AddField):\n    def database_forwards(self, *args): pass"
    found = operation("S('item', 'color', models.IntegerField())", state_only)
    assert str(found) == f"SeparateDatabaseAndState(database=[], state=[{COLOR}])"
    database_only = "class D(migrations.AddField):\n    def state_forwards(self, *args): pass"
    found = operation("D('item', 'color', models.IntegerField())", database_only)
    assert str(found) == f"SeparateDatabaseAndState(database=[{COLOR}], state=[])"


def test_separate_database_and_state() -> None:
    text = f"migrations.SeparateDatabaseAndState([migrations.RunSQL('x')], state_operations=STATE + [{ADD}])"
    found = operation(text, f"STATE = [{ADD}]")
    assert shown(found.database) == ["RunSQL(sql='x')"]
    assert shown(found.state) == [COLOR, COLOR]
    assert found.arguments == ()


def test_separate_with_a_list_that_is_not_known() -> None:
    found = operation("migrations.SeparateDatabaseAndState(state_operations=make())", "from lib import make")
    assert [isinstance(item, Opaque) for item in found.state] == [True]
    assert found.database == ()


def test_run_python_and_run_sql() -> None:
    before = "def forwards(apps, schema_editor):\n    apps.x()\n"
    found = operation("migrations.RunPython(forwards, migrations.RunPython.noop, elidable=True)", before)
    assert isinstance(found.argument("code"), Code)
    assert found.argument("reverse_code") == Reference("django.db.migrations.RunPython.noop")
    assert found.argument("elidable") == Constant(True)
    sql = operation(f"migrations.RunSQL('a', 'b', [{ADD}], hints={{'x': 1}})")
    assert text(sql.argument("sql")) == "a"
    assert shown(sql.state) == [COLOR]
    assert sql.argument("state_operations") is None


def test_a_class_that_runs_something_of_its_own_is_data() -> None:
    fill = "class Fill(migrations.RunPython):\n    def __init__(self, x):\n        if x: load()\n        super().__init__(x.go)\n"
    found = operation("Fill('a')", fill)
    assert found.kind == "RunPython"
    assert found.argument("code") == operation("Fill('a')", fill).argument("code")
    assert found.argument("code") != operation("Fill('b')", fill).argument("code")
    own = (
        "from django.db.migrations.operations.base import Operation\nclass Own(Operation):\n"
        "    def state_forwards(self, app_label, state): pass\n    def database_forwards(self, *args): run()\n"
    )
    assert operation("Own()", own).kind == "RunPython"


@pytest.mark.parametrize("kind", sorted(TEMPLATES))
def test_the_tool_s_own_conditional_operations(kind: str) -> None:
    template = TEMPLATES[kind]
    imports = "".join(
        f"from {path.rpartition('.')[0]} import {path.rpartition('.')[2]}\n"
        if "." in path
        else f"import {path}\n"
        for path in template.imports
    )
    before = f"{imports}{template.source}"
    found = operation(f"{template.name}('a')", before)
    assert (found.kind, found.conditional) == (kind, True)
    assert found.path == f"django.db.migrations.{kind}"
    changed = before.replace("super()", "super( )").replace("    def ", "    # a comment\n    def ")
    assert operation(f"{template.name}('a')", changed).conditional
    other = before.replace("app_label", "label")
    (found2,) = operations(f"[{template.name}('a')]", other)
    assert not (isinstance(found2, Operation) and found2.conditional)


def test_a_template_whose_names_mean_other_things_is_none() -> None:
    template = TEMPLATES["AddField"]
    (found,) = operations(f"[{template.name}('a', 'b')]", f"from lib import migrations\n{template.source}")
    assert isinstance(found, Opaque)


def test_places() -> None:
    first, second = operations(f"[\n        {ADD},\n        {ADD}]")
    assert isinstance(first, Operation)
    assert isinstance(second, Operation)
    assert second.span.line == first.span.line + 1
    assert (first.span.column, first.span.path) == (8, "shop/migrations/0002_x.py")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("pgvector.django.VectorExtension", "CreateExtension"),
        ("pgtrigger.migrations.AddTrigger", "RunPython"),
        ("django_migration_linter.IgnoreMigration", "RunPython"),
    ],
)
def test_operations_of_well_known_packages(path: str, kind: str) -> None:
    module = path.partition(".")[0]
    found = operation(f"{path}('x')", f"import {path.rpartition('.')[0]}\nimport {module}")
    assert (found.kind, found.path) == (kind, path)
