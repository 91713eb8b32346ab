"""Repositories of any size, the same for the same arguments: apps of 50 migrations each, with a hotfix on both branches."""

from __future__ import annotations

from pathlib import Path

from stitchback.adapters.git_build import BuildCommit, build

APP = 50  # migrations in an app
HEADER = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n\n"


def migration(app: str, number: int, parent: str | None, operations: str) -> tuple[str, bytes]:
    """A file's path and content, as makemigrations writes it."""
    name = f"{number:04d}_{'initial' if number == 1 else f'step_{number}'}"
    dependencies = f"\n        ('{app}', '{parent}'),\n    " if parent else ""
    initial = "    initial = True\n\n" if parent is None else ""
    body = f"    dependencies = [{dependencies}]\n\n    operations = [\n{operations}    ]\n"
    return f"{app}/migrations/{name}.py", (HEADER + initial + body).encode()


def created(model: str) -> str:
    return f"""        migrations.CreateModel(
            name='{model}',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('price', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
            ],
            options={{'ordering': ['name'], 'verbose_name': '{model.lower()}'}},
        ),
"""


def added(model: str, field: str) -> str:
    return f"""        migrations.AddField(
            model_name='{model.lower()}',
            name='{field}',
            field=models.CharField(blank=True, default='', help_text='Field {field}', max_length=100),
        ),
        migrations.AlterField(
            model_name='{model.lower()}',
            name='name',
            field=models.CharField(max_length=200, verbose_name='name as of {field}'),
        ),
"""


def app_files(app: str, count: int) -> dict[str, bytes]:
    files = {f"{app}/__init__.py": b"", f"{app}/migrations/__init__.py": b""}
    parent = None
    for number in range(1, count + 1):
        operations = created("Item") if number == 1 else added("Item", f"field_{number}")
        path, content = migration(app, number, parent, operations)
        files[path] = content
        parent = path.rpartition("/")[2].removesuffix(".py")
    return files


def tail(app: str, number: int, parent: str, names: list[str]) -> dict[str, bytes]:
    """Migrations behind the app's last, one for each field."""
    files = {}
    for place, field in enumerate(names):
        name = f"{number + place:04d}_{field}"
        _, content = migration(app, number + place, parent, added("Item", field))
        files[f"{app}/migrations/{name}.py"] = content
        parent = name
    return files


def generate(destination: Path, migrations: int, each_side: int = 3) -> Path:
    """A repository with that many migrations at the fork point, and `each_side` more on main and on release/1.0; half of the
    release's are on main too, under other names."""
    apps = max(1, migrations // APP)
    base: dict[str, bytes] = {}
    for place in range(apps):
        base |= app_files(f"app{place}", migrations // apps)
    count = migrations // apps
    last = f"{count:04d}_step_{count}" if count > 1 else "0001_initial"
    same = [f"same_{place}" for place in range((each_side + 1) // 2)]
    rest = each_side - len(same)
    patch = tail("app0", count + 1, last, [*same, *(f"only_patch_{place}" for place in range(rest))])
    main = tail("app0", count + 1, last, [*(f"only_main_{place}" for place in range(rest)), *same])
    commits = [
        BuildCommit(id="fork", branch="main", files=base, message="Release 1.0 is cut"),
        BuildCommit(
            id="hotfix", branch="release/1.0", start="fork", files={**base, **patch}, message="Hotfixes"
        ),
        BuildCommit(id="work", branch="main", files={**base, **main}, message="Mainline goes on"),
    ]
    build(commits, destination, checkout="main")
    return destination


MODELS = 20  # in an app of a connected project


def connected(destination: Path, models: int = 600, migrations: int = 1_500, since: int = 500) -> Path:
    """A repository whose models all point at each other, over any number of relations: each at the one before it, in its own app or the app
    before, and at the first of its app. Of the migrations `since` are mainline's since the fork point, one a model in turn; the hotfix has one of these too."""
    apps = [f"app{place}" for place in range(models // MODELS)]
    base: dict[str, bytes] = {}
    last: dict[str, str] = {}
    for place, app in enumerate(apps):
        before = apps[place - 1] if place else None
        made = "".join(pointing(app, number, before) for number in range(MODELS))
        path, content = migration(app, 1, None, made)
        if before:
            content = content.replace(
                b"dependencies = []", f"dependencies = [('{before}', '0001_initial')]".encode()
            )
        base |= {f"{app}/__init__.py": b"", f"{app}/migrations/__init__.py": b"", path: content}
        last[app] = "0001_initial"
    base |= steps(apps, last, migrations - since - len(apps), 0)
    fork = dict(last)
    patch = steps(apps[:1], dict(fork), 1, migrations)
    main = steps(apps, last, since, migrations)
    commits = [
        BuildCommit(id="fork", branch="main", files=base, message="Release 1.0 is cut"),
        BuildCommit(
            id="hotfix", branch="release/1.0", start="fork", files={**base, **patch}, message="Hotfix"
        ),
        BuildCommit(id="work", branch="main", files={**base, **main}, message="Mainline goes on"),
    ]
    build(commits, destination, checkout="main")
    return destination


def pointing(app: str, number: int, before: str | None) -> str:
    """A model with two relations."""
    target = f"{app}.model{number - 1}" if number else f"{before}.model{MODELS - 1}" if before else None
    relations = "".join(
        f"                ('{name}', models.ForeignKey(null=True, on_delete=models.CASCADE, related_name='+', to='{to}')),\n"
        for name, to in (("before", target), ("first", f"{app}.model0"))
        if to
    )
    return created(f"Model{number}").replace("            ],\n", f"{relations}            ],\n", 1)


def steps(apps: list[str], last: dict[str, str], count: int, first: int) -> dict[str, bytes]:
    """`count` migrations more, of the apps in turn: a relation, an alteration and a field for one model each. `last` goes on with them."""
    files: dict[str, bytes] = {}
    for place in range(count):
        app = apps[place % len(apps)]
        model = f"model{place // len(apps) % MODELS}"
        field = f"step_{first + place}"
        relation = (
            f"models.ForeignKey(null=True, on_delete=models.CASCADE, related_name='+', to='{app}.model1')"
        )
        operations = (
            f"        migrations.AddField('{model}', '{field}_to', {relation}),\n{added(model, field)}"
        )
        number = int(last[app][:4]) + 1
        name = f"{number:04d}_{field}"
        _, content = migration(app, number, last[app], operations)
        files[f"{app}/migrations/{name}.py"] = content
        last[app] = name
    return files
