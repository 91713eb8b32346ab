"""The state of real packages, read statically, beside the one that Django makes of them.

    python tests/django/real_packages.py NAME…      one report a package, as JSON
    python tests/django/real_packages.py            of all that are installed

Each package in a process of its own: Django can be set up once only.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from typing import Any

CONTRIB = ("auth", "contenttypes", "sessions", "messages", "sites", "admin", "staticfiles")


@dataclass(frozen=True)
class Package:
    """`apps`: what goes into INSTALLED_APPS. `roots`: the packages whose files are read. `explained`: beginnings of the
    differences that are known and right, each with its reason."""

    distribution: str
    apps: tuple[str, ...]
    roots: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    explained: Mapping[str, str] = field(default_factory=dict)
    defaults: str = ""  # a module of settings

    @property
    def missing(self) -> str:
        """The package that is not installed, or ""."""
        return next((root for root in self.roots if importlib.util.find_spec(root) is None), "")


def setting(name: str) -> str:
    return f"the project's settings say it: {name}"


PACKAGES = {
    "contrib": Package(
        "django",
        ("django.contrib.flatpages", "django.contrib.redirects"),
        (),
    ),
    "allauth": Package(
        "django-allauth",
        ("allauth", "allauth.account", "allauth.socialaccount", "allauth.mfa", "allauth.usersessions"),
        ("allauth",),
        {"MIDDLEWARE": ["allauth.account.middleware.AccountMiddleware"]},
        {
            "account.emailaddress.email: different ('max_length": setting("ACCOUNT_EMAIL_MAX_LENGTH"),
            "account.emailaddress: unique_together": setting("ACCOUNT_UNIQUE_EMAIL"),
            "account.emailaddress constraints": setting("ACCOUNT_UNIQUE_EMAIL"),
            "socialaccount.socialapp: fields": "opaque: whether django.contrib.sites is installed",
            "socialaccount.socialapp.sites: None": "opaque: whether django.contrib.sites is installed",
        },
    ),
    "oauth_toolkit": Package(
        "django-oauth-toolkit",
        ("oauth2_provider",),
        ("oauth2_provider",),
        {},
        {
            f"oauth2_provider.{name}: different ('to: oauth2_provider.settings": setting("OAUTH2_PROVIDER_…_MODEL")
            for name in (
                "accesstoken.application",
                "accesstoken.source_refresh_token",
                "accesstoken.id_token",
                "grant.application",
                "idtoken.application",
                "refreshtoken.access_token",
                "refreshtoken.application",
            )
        },
    ),
    "celery_beat": Package("django-celery-beat", ("django_celery_beat",), ("django_celery_beat",)),
    "taggit": Package("django-taggit", ("taggit",), ("taggit",)),
    "reversion": Package("django-reversion", ("reversion",), ("reversion",)),
    "filer": Package("django-filer", ("easy_thumbnails", "filer"), ("easy_thumbnails", "filer")),
    "wagtail": Package(
        "wagtail",
        (
            "wagtail.contrib.forms",
            "wagtail.contrib.redirects",
            "wagtail.contrib.search_promotions",
            "wagtail.contrib.simple_translation",
            "wagtail.embeds",
            "wagtail.users",
            "wagtail.documents",
            "wagtail.images",
            "wagtail.search",
            "wagtail.admin",
            "wagtail",
            "modelcluster",
            "taggit",
        ),
        ("wagtail", "modelcluster", "taggit"),
        {"WAGTAIL_SITE_NAME": "x", "WAGTAILADMIN_BASE_URL": "http://x"},
        {
            "wagtailsearch.indexentry": "opaque: which database it is",
            "wagtailsearch.sqliteftsindexentry: only theirs": "opaque: which database it is",
        },
    ),
    "oscar": Package(
        "django-oscar",
        (
            "django.contrib.flatpages",
            "oscar.config.Shop",
            *(
                f"oscar.apps.{path}.apps.{name}Config"
                for path, name in {
                    "analytics": "Analytics",
                    "checkout": "Checkout",
                    "address": "Address",
                    "shipping": "Shipping",
                    "catalogue": "Catalogue",
                    "catalogue.reviews": "CatalogueReviews",
                    "communication": "Communication",
                    "partner": "Partner",
                    "basket": "Basket",
                    "payment": "Payment",
                    "offer": "Offer",
                    "order": "Order",
                    "customer": "Customer",
                    "search": "Search",
                    "voucher": "Voucher",
                    "wishlists": "Wishlists",
                    "dashboard": "Dashboard",
                    **{
                        f"dashboard.{part}": f"{part.title()}Dashboard"
                        for part in ["reports", "users", "orders", "catalogue", "offers", "partners", "pages", "ranges", "reviews", "vouchers", "communications", "shipping"]
                    },
                }.items()
            ),
            "haystack",
            "treebeard",
            "django_tables2",
        ),
        ("oscar", "haystack", "treebeard"),
        {
            "HAYSTACK_CONNECTIONS": {
                "default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}
            }
        },
        {
            f"{label}: different ('class: PhoneNumberField and PhoneNumberField'": "oscar hands on another package's class"
            for label in ("address.useraddress.phone_number", "order.shippingaddress.phone_number")
        },
        "oscar.defaults",
    ),
    "constance": Package("django-constance", ("constance",), ("constance",), {"CONSTANCE_CONFIG": {}}),
    "guardian": Package("django-guardian", ("guardian",), ("guardian",)),
    "waffle": Package("django-waffle", ("waffle",), ("waffle",)),
    "axes": Package(
        "django-axes",
        ("axes",),
        ("axes",),
        {"AUTHENTICATION_BACKENDS": ["axes.backends.AxesStandaloneBackend"]},
    ),
    "watson": Package("django-watson", ("watson",), ("watson",)),
    "social_auth": Package(
        "social-auth-app-django",
        ("social_django",),
        ("social_django",),
        {},
        {
            **{
                f'social_django.{name}: different ("max_length': setting("SOCIAL_AUTH_…_LENGTH")
                for name in ("association.server_url", "association.handle", "code.email", "nonce.server_url", "usersocialauth.uid")
            },
            "social_django.usersocialauth.user: opaque": setting("SOCIAL_AUTH_USER_MODEL"),
        },
    ),
    "authtoken": Package("djangorestframework", ("rest_framework.authtoken",), ("rest_framework",)),
    "cms": Package(
        "django-cms",
        ("cms", "menus", "treebeard"),
        ("cms", "menus"),
        {
            "TEMPLATES": [
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "APP_DIRS": True,
                    "OPTIONS": {"context_processors": ["django.template.context_processors.request", "sekizai.context_processors.sekizai", "cms.context_processors.cms_settings"]},
                }
            ],
            "CMS_CONFIRM_VERSION4": True, "LANGUAGES": [("en", "English")], "CMS_TEMPLATES": [("a.html", "A")],
        },
    ),
    "q2": Package("django-q2", ("django_q",), ("django_q",), {"Q_CLUSTER": {"orm": "default"}}),
    "otp": Package(
        "django-otp",
        ("django_otp", "django_otp.plugins.otp_totp", "django_otp.plugins.otp_static", "django_otp.plugins.otp_hotp"),
        ("django_otp",),
    ),
    "hitcount": Package("django-hitcount", ("hitcount",), ("hitcount",)),
    "post_office": Package("django-post-office", ("post_office",), ("post_office",)),
}  # fmt: skip


def report(name: str) -> dict[str, Any]:
    """The package's report, made in a process of its own."""
    run = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--here", name],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if run.returncode:
        raise RuntimeError(f"{name}: {run.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def set_up(package: Package) -> None:
    import django
    from django.conf import settings

    said: dict[str, Any] = {
        "INSTALLED_APPS": [*(f"django.contrib.{name}" for name in CONTRIB), *package.apps],
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "SECRET_KEY": "x",
        "SITE_ID": 1,
        "STATIC_URL": "/static/",
        "MEDIA_URL": "/media/",
        "LANGUAGE_CODE": "en",
        "USE_TZ": True,
        "ROOT_URLCONF": "x",
        "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    }
    if package.defaults:
        module = importlib.import_module(package.defaults)
        said |= {key: value for key, value in vars(module).items() if key.isupper()}
    settings.configure(**{**said, **package.settings})
    django.setup()


@dataclass(frozen=True)
class FileOnDisk:
    path: Path

    @property
    def blob(self) -> str:
        return sha1(self.path.read_bytes()).hexdigest()

    def read(self) -> bytes:
        return self.path.read_bytes()


def files_of(package: Package) -> Iterator[tuple[str, FileOnDisk]]:
    """Django's own apps and the package's, by their paths below where they are installed."""
    for root in ("django.contrib", *package.roots):
        spec = importlib.util.find_spec(root)
        assert spec is not None, root
        assert spec.submodule_search_locations, root
        folder = Path(next(iter(spec.submodule_search_locations)))
        base = folder.parents[root.count(".")]
        for path in folder.rglob("*.py"):
            yield path.relative_to(base).as_posix(), FileOnDisk(path)


def here(name: str) -> dict[str, Any]:
    """The report, in this process."""
    package = PACKAGES[name]
    set_up(package)

    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState
    from state_agreement import differences

    from stitchback.model.keys import MigrationKey
    from stitchback.model.physical import PhysicalSchema
    from stitchback.model.state import SchemaState
    from stitchback.parsing import read_tree
    from stitchback.schema import Clash, apply_operation, physical_effects, run_effect

    graph = MigrationLoader(None).graph
    plan = list(
        dict.fromkeys(key for leaf in sorted(graph.leaf_nodes()) for key in graph.forwards_plan(leaf))
    )
    theirs = ProjectState()
    for key in plan:
        graph.nodes[key].mutate_state(theirs, preserve=False)
    tree = read_tree("installed", "WORKTREE", dict(files_of(package)))
    ours, physical = SchemaState(field_bases=tree.field_bases), PhysicalSchema()
    clashes = []
    unread = [key for key in plan if MigrationKey(*key) not in tree.migrations]
    for app, name in (key for key in plan if key not in unread):
        for operation in tree.migrations[MigrationKey(app, name)].operations:
            after = apply_operation(ours, app, operation)
            for effect in physical_effects(operation, app, ours, after):
                try:
                    physical = run_effect(physical, effect)
                except Clash as clash:
                    clashes.append(f"{app}.{name}: {clash}")
            ours = after
    found = [line for line in differences(ours, theirs, {}) if ": state only " not in line]
    return {
        "migrations": len(plan),
        "operations": sum(len(graph.nodes[key].operations) for key in plan),
        "models": len(theirs.models),
        "not read": [f"{app}.{name}" for app, name in unread],
        "differences": [line for line in found if not line.startswith(tuple(package.explained))],
        "explained": [line for line in found if line.startswith(tuple(package.explained))],
        "clashes": clashes,
        "opaque": sorted({f"{item}" for item in ours.opaque}),
    }  # fmt: skip


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--here"]:
        print(json.dumps(here(arguments[1])))
        return
    for name in arguments or [name for name, package in PACKAGES.items() if not package.missing]:
        print(json.dumps({name: report(name)}, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
