"""Packages whose migrations are read statically and compared with what Django makes of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir
from typing import Any


@dataclass(frozen=True)
class Package:
    """`apps`: what goes into INSTALLED_APPS. `roots`: the packages whose files are read, beside those of all installed apps.
    `explained`: beginnings of the differences that are known and right, each with its reason. `defaults`: a module of
    settings to be added to. `module`: the project's own settings, taken as they are but for the database, with `environment`
    set, and with the folder of the package `on_path` on Python's path. `opaque`: beginnings of what cannot be read in operations,
    each with its reason. `alone`: it wants versions of its own of much else, and a virtual environment for itself (`benchmarks.packages`)."""

    distribution: str
    apps: tuple[str, ...]
    roots: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    explained: Mapping[str, str] = field(default_factory=dict)
    defaults: str = ""
    module: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    on_path: str = ""
    opaque: Mapping[str, str] = field(default_factory=dict)
    alone: bool = False

    @property
    def missing(self) -> str:
        """The package that is not installed, or ""."""
        return next((root for root in self.roots if importlib.util.find_spec(root) is None), "")


def setting(name: str) -> str:
    return f"the project's settings say it: {name}"


# oauth2_provider names its swappable models by settings of its own.
OAUTH = {
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
}
USER = "SOCIAL_AUTH_USER_MODEL of the settings, by the name that a function makes"
SOCIAL = {
    **{
        f'social_django.{name}: different ("max_length': setting("SOCIAL_AUTH_…_LENGTH")
        for name in (
            "association.server_url",
            "association.handle",
            "code.email",
            "nonce.server_url",
            "usersocialauth.uid",
        )
    },
    "social_django.usersocialauth.user: opaque": USER,
    "social_django.0001_initial parents": USER,
}
VENDOR = "which database it is decides"
EDX_RENAMES = (
    "blackboard.0024", "canvas.0040", "cornerstone.0035", "degreed.0034", "degreed2.0030", "integrated_channel.0036",
    "moodle.0035", "sap_success_factors.0025", "xapi.0013",
)  # fmt: skip
EDX_BY_VENDOR = (
    "blackboard.0013", "canvas.0028", "cornerstone.0025", "degreed.0027", "degreed2.0019", "enterprise.0179", "enterprise.0230",
    "enterprise.0231", "integrated_channel.0028", "moodle.0023", "sap_success_factors.0011", "xapi.0011",
)  # fmt: skip
FOLDER = str(Path(gettempdir(), "stitchback-packages"))

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
            "socialaccount.0001_initial parents: sites": "opaque: whether django.contrib.sites is installed",
        },
        opaque={"socialaccount.0001_initial": "whether django.contrib.sites is installed"},
    ),
    "oauth_toolkit": Package(
        "django-oauth-toolkit",
        ("oauth2_provider",),
        ("oauth2_provider",),
        {},
        OAUTH,
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
        opaque={f"wagtailsearch.{name}": VENDOR for name in ("0006_customise_indexentry", "0009_remove_ngram_autocomplete", "0010_add_text_fields")},
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
        alone=True,
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
        SOCIAL,
        opaque={"social_django.0001_initial": USER, "social_django.0002_add_related_name": USER},
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
        opaque={"cms.0001_initial": "choices made of the settings by a loop"},
    ),
    "q2": Package("django-q2", ("django_q",), ("django_q",), {"Q_CLUSTER": {"orm": "default"}}),
    "otp": Package(
        "django-otp",
        ("django_otp", "django_otp.plugins.otp_totp", "django_otp.plugins.otp_static", "django_otp.plugins.otp_hotp"),
        ("django_otp",),
    ),
    "hitcount": Package("django-hitcount", ("hitcount",), ("hitcount",)),
    "post_office": Package("django-post-office", ("post_office",), ("post_office",)),
    "pretix": Package(
        "pretix", (), ("pretix",), {}, OAUTH, module="pretix.settings", environment={"DATA_DIR": FOLDER},
        opaque={"pretixbase.0286_settingsstore_unique": "an operation of another package: it deletes rows"}, alone=True,
    ),
    "nautobot": Package(
        "nautobot", (), ("nautobot",), {},
        {**SOCIAL, **{f"users.0001_initial: table auth_user{name} exists": "the settings swap auth.User out: it has no table" for name in ("", "_groups", "_user_permissions")}},
        module="nautobot.core.tests.nautobot_config", alone=True,
    ),
    "label_studio": Package(
        "label-studio", (), ("label_studio",), {},
        {
            "token_blacklist.0011_linearizes_history parents": "opaque: the migration's own __init__ looks into its folder",
            "projects.project: fields": f"opaque: {VENDOR}", "projects.project.search_vector: None": f"opaque: {VENDOR}",
            "tasks.annotation indexes": f"opaque: {VENDOR}", "tasks.task indexes": f"opaque: {VENDOR}",
        },
        module="core.settings.label_studio", on_path="label_studio", alone=True,
        opaque={
            **dict.fromkeys(("io_storages.0017", "projects.0029", "tasks.0009", "tasks.0017", "tasks.0035", "tasks.0044", "tasks.0056"), VENDOR),
        },
    ),
    "edx_enterprise": Package(
        "edx-enterprise", (), ("enterprise", "consent", "integrated_channels"), {},
        {
            **OAUTH,
            "integrated_channel.contentmetadataitemtransmission: unique_together": f"opaque: {VENDOR}",
            **{f"{app}_rename_": f"opaque: {VENDOR}" for app in EDX_RENAMES},
        },
        module="enterprise.settings.test", opaque=dict.fromkeys((*EDX_BY_VENDOR, *EDX_RENAMES), VENDOR), alone=True,
    ),
    "weblate": Package(
        "weblate", (), ("weblate",), {},
        {**SOCIAL, "trans.0084_consolidate_inherited_settings parents": "opaque: whether weblate.billing is installed"},
        module="weblate.settings_example", alone=True,
    ),
    "mayan": Package("mayan-edms", (), ("mayan",), module="mayan.settings.base", alone=True),
}  # fmt: skip
