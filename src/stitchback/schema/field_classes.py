"""What is known about field classes, Django's and those of other packages that many migrations hold: parameters, defaults, what they extend.

Without the classes of other packages a foreign key of mptt's would be a column without "_id". A tree that defines the class is more precise
(`SchemaState.field_bases`).

Source: the `__init__` and `deconstruct` of each class in `django.db.models.fields`, `django.contrib.postgres.fields`,
`django.contrib.gis.db.models.fields`, `django.contrib.contenttypes.fields`, Django 4.2 to 6.1, and those of 1.7 to 4.1
that old migrations hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stitchback.model.command_cache import by_value
from stitchback.model.values import FALSE, NONE, TRUE, Constant, Items, Value

MODELS = "django.db.models."

FOREIGN_KEY = MODELS + "ForeignKey"
ONE_TO_ONE = MODELS + "OneToOneField"
MANY_TO_MANY = MODELS + "ManyToManyField"

EXTENDED: Mapping[str, str] = {
    "django.conf.settings.DEFAULT_AUTO_FIELD": MODELS + "AutoField",
    "mptt.fields.TreeForeignKey": FOREIGN_KEY,
    "mptt.fields.TreeOneToOneField": ONE_TO_ONE,
    "mptt.fields.TreeManyToManyField": MANY_TO_MANY,
    "modelcluster.fields.ParentalKey": FOREIGN_KEY,
    "modelcluster.fields.ParentalManyToManyField": MANY_TO_MANY,
    "sortedm2m.fields.SortedManyToManyField": MANY_TO_MANY,
    "treebeard.fields.TreeForeignKey": FOREIGN_KEY,
    "filer.fields.file.FilerFileField": FOREIGN_KEY,
    "filer.fields.image.FilerImageField": FOREIGN_KEY,
    "filer.fields.folder.FilerFolderField": FOREIGN_KEY,
    "filer.fields.multistorage_file.MultiStorageFileField": MODELS + "FileField",
    "cms.models.fields.PlaceholderField": FOREIGN_KEY,
    "cms.models.fields.PageField": FOREIGN_KEY,
    "annoying.fields.AutoOneToOneField": ONE_TO_ONE,
    "annoying.fields.JSONField": MODELS + "TextField",
    "smart_selects.db_fields.ChainedForeignKey": FOREIGN_KEY,
    "smart_selects.db_fields.GroupedForeignKey": FOREIGN_KEY,
    "smart_selects.db_fields.ChainedManyToManyField": MANY_TO_MANY,
    "polymorphic_tree.models.PolymorphicTreeForeignKey": FOREIGN_KEY,
    "simple_history.models.HistoricForeignKey": FOREIGN_KEY,
    "wagtail.fields.RichTextField": MODELS + "TextField",
    "wagtail.core.fields.RichTextField": MODELS + "TextField",
    "wagtail.wagtailcore.fields.RichTextField": MODELS + "TextField",
    "ckeditor.fields.RichTextField": MODELS + "TextField",
    "ckeditor_uploader.fields.RichTextUploadingField": MODELS + "TextField",
    "tinymce.models.HTMLField": MODELS + "TextField",
    "autoslug.fields.AutoSlugField": MODELS + "SlugField",
    "django_extensions.db.fields.AutoSlugField": MODELS + "SlugField",
    "oscar.models.fields.autoslugfield.AutoSlugField": MODELS + "SlugField",
    "easy_thumbnails.fields.ThumbnailerField": MODELS + "FileField",
    "easy_thumbnails.fields.ThumbnailerImageField": MODELS + "ImageField",
    "sorl.thumbnail.fields.ImageField": MODELS + "ImageField",
    "phonenumber_field.modelfields.PhoneNumberField": MODELS + "CharField",
    "django_countries.fields.CountryField": MODELS + "CharField",
    "colorfield.fields.ColorField": MODELS + "CharField",
    "model_utils.fields.AutoCreatedField": MODELS + "DateTimeField",
    "model_utils.fields.AutoLastModifiedField": MODELS + "DateTimeField",
    "model_utils.fields.MonitorField": MODELS + "DateTimeField",
    "model_utils.fields.StatusField": MODELS + "CharField",
    "model_utils.fields.UUIDField": MODELS + "UUIDField",
    "djmoney.models.fields.MoneyField": MODELS + "DecimalField",
    "djmoney.models.fields.CurrencyField": MODELS + "CharField",
    "jsonfield.fields.JSONField": MODELS + "TextField",
    "taggit.managers.TaggableManager": MANY_TO_MANY,
    "modelcluster.contrib.taggit.ClusterTaggableManager": MANY_TO_MANY,
    "wagtail.contrib.taggit.ClusterTaggableManager": MANY_TO_MANY,
    "taggit_selectize.managers.TaggableManager": MANY_TO_MANY,
}

# Modules that a package has moved: the fields make the same columns. Files keep the path that the project's version of the package has.
MOVED_MODULES = (
    ("wagtail.wagtailcore.fields.", "wagtail.fields."),
    ("wagtail.core.fields.", "wagtail.fields."),
)


def present_path(path: str) -> str:
    """Where the package has the class today."""
    for before, now in MOVED_MODULES:
        if path.startswith(before):
            return now + path.removeprefix(before)
    return path


EMPTY = Constant("")
POSTGRES = "django.contrib.postgres.fields."

# Order of `Field.__init__`; names that come after `error_messages` are never given by position.
FIELD_PARAMETERS = (
    "verbose_name",
    "name",
    "primary_key",
    "max_length",
    "unique",
    "blank",
    "null",
    "db_index",
    "rel",
    "default",
    "editable",
    "serialize",
    "unique_for_date",
    "unique_for_month",
    "unique_for_year",
    "choices",
    "help_text",
    "db_column",
    "db_tablespace",
    "auto_created",
    "validators",
    "error_messages",
    "db_comment",
    "db_default",
)

# What `Field.deconstruct` leaves out.
FIELD_DEFAULTS: Mapping[str, tuple[Value, ...]] = {
    "verbose_name": (NONE,),
    "name": (NONE,),
    "primary_key": (FALSE,),
    "max_length": (NONE,),
    "unique": (FALSE,),
    "blank": (FALSE,),
    "null": (FALSE,),
    "db_index": (FALSE,),
    "editable": (TRUE,),
    "serialize": (TRUE,),
    "unique_for_date": (NONE,),
    "unique_for_month": (NONE,),
    "unique_for_year": (NONE,),
    "choices": (NONE, Items("list", ()), Items("tuple", ())),
    "help_text": (EMPTY, Constant(b"")),
    "db_column": (NONE,),
    "db_comment": (NONE,),
    "db_tablespace": (NONE, EMPTY),
    "auto_created": (FALSE,),
    "validators": (Items("list", ()), Items("tuple", ())),
    "error_messages": (NONE,),
    "rel": (NONE,),
    "db_collation": (NONE,),
    "limit_choices_to": (NONE,),
    "related_name": (NONE,),
    "related_query_name": (NONE,),
}


@dataclass(frozen=True, slots=True)
class FieldClass:
    """`defaults` are omitted where given, on top of (or instead of) FIELD_DEFAULTS; `implied` are added where omitted;
    `dropped` are always omitted."""

    parent: str = ""
    parameters: tuple[str, ...] = FIELD_PARAMETERS
    defaults: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    implied: Mapping[str, Value] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()


RELATED = {
    "parent_link": (FALSE,),
    "to_field": (NONE,),
    "db_constraint": (TRUE,),
    "db_index": (TRUE,),
    "swappable": (TRUE,),
}
DATES = {"auto_now": (FALSE,), "auto_now_add": (FALSE,)}
NAMED = ("verbose_name", "name")
GEO = {
    "srid": (Constant(4326),),
    "dim": (Constant(2),),
    "spatial_index": (TRUE,),
    "geography": (FALSE,),
}


def plain(parent: str = "django.db.models.Field") -> FieldClass:
    return FieldClass(parent)


def geometry(parent: str = "django.contrib.gis.db.models.GeometryField") -> FieldClass:
    return FieldClass(parent, ("verbose_name", "srid", "spatial_index"), GEO)


CLASSES: Mapping[str, FieldClass] = {
    MODELS + "Field": FieldClass(),
    MODELS + "AutoField": plain(),
    MODELS + "BigAutoField": plain(),
    MODELS + "SmallAutoField": plain(),
    MODELS + "BigIntegerField": plain(MODELS + "IntegerField"),
    MODELS + "BinaryField": FieldClass(MODELS + "Field", defaults={"editable": (FALSE,)}),
    MODELS + "BooleanField": plain(),
    MODELS + "NullBooleanField": FieldClass(MODELS + "BooleanField", dropped=frozenset({"null", "blank"})),
    MODELS + "CharField": plain(),
    MODELS + "CommaSeparatedIntegerField": plain(MODELS + "CharField"),
    MODELS + "CompositePrimaryKey": FieldClass(
        MODELS + "Field", (), dropped=frozenset({"primary_key", "editable", "blank"})
    ),
    MODELS + "DateField": FieldClass(MODELS + "Field", (*NAMED, "auto_now", "auto_now_add"), DATES),
    MODELS + "DateTimeField": FieldClass(MODELS + "DateField", (*NAMED, "auto_now", "auto_now_add"), DATES),
    MODELS + "TimeField": FieldClass(MODELS + "Field", (*NAMED, "auto_now", "auto_now_add"), DATES),
    MODELS + "DecimalField": FieldClass(
        MODELS + "Field",
        (*NAMED, "max_digits", "decimal_places"),
        {"max_digits": (NONE,), "decimal_places": (NONE,)},
    ),
    MODELS + "DurationField": plain(),
    MODELS + "EmailField": FieldClass(MODELS + "CharField", implied={"max_length": Constant(254)}),
    MODELS + "FileField": FieldClass(
        MODELS + "Field",
        (*NAMED, "upload_to", "storage"),
        {"max_length": (Constant(100),), "storage": (NONE,)},
    ),
    MODELS + "ImageField": FieldClass(
        MODELS + "FileField",
        (*NAMED, "width_field", "height_field"),
        {
            "max_length": (Constant(100),),
            "storage": (NONE,),
            "width_field": (NONE, EMPTY),
            "height_field": (NONE, EMPTY),
        },
    ),
    MODELS + "FilePathField": FieldClass(
        MODELS + "Field",
        (*NAMED, "path", "match", "recursive", "allow_files", "allow_folders"),
        {
            "max_length": (Constant(100),),
            "path": (EMPTY,),
            "match": (NONE,),
            "recursive": (FALSE,),
            "allow_files": (TRUE,),
            "allow_folders": (FALSE,),
        },
    ),
    MODELS + "FloatField": plain(),
    MODELS + "GeneratedField": FieldClass(MODELS + "Field", (), dropped=frozenset({"editable", "blank"})),
    MODELS + "GenericIPAddressField": FieldClass(
        MODELS + "Field",
        (*NAMED, "protocol", "unpack_ipv4"),
        {
            "protocol": (Constant("both"),),
            "unpack_ipv4": (FALSE,),
            "max_length": (Constant(39),),
        },
        dropped=frozenset({"max_length"}),
    ),
    MODELS + "IPAddressField": FieldClass(MODELS + "Field", dropped=frozenset({"max_length"})),
    MODELS + "IntegerField": plain(),
    MODELS + "JSONField": FieldClass(
        MODELS + "Field",
        (*NAMED, "encoder", "decoder"),
        {"encoder": (NONE,), "decoder": (NONE,)},
    ),
    MODELS + "OrderWrt": FieldClass(MODELS + "IntegerField", dropped=frozenset({"editable"})),
    MODELS + "PositiveBigIntegerField": plain(MODELS + "BigIntegerField"),
    MODELS + "PositiveIntegerField": plain(MODELS + "IntegerField"),
    MODELS + "PositiveSmallIntegerField": plain(MODELS + "SmallIntegerField"),
    MODELS + "SmallIntegerField": plain(MODELS + "IntegerField"),
    MODELS + "SlugField": FieldClass(
        MODELS + "CharField",
        defaults={
            "max_length": (Constant(50),),
            "db_index": (TRUE,),
            "allow_unicode": (FALSE,),
        },
    ),
    MODELS + "TextField": plain(),
    MODELS + "URLField": FieldClass(MODELS + "CharField", NAMED, {"max_length": (Constant(200),)}),
    MODELS + "UUIDField": FieldClass(MODELS + "Field", dropped=frozenset({"max_length"})),
    MODELS + "ForeignObject": FieldClass(
        MODELS + "Field",
        ("to", "on_delete", "from_fields", "to_fields"),
        {"parent_link": (FALSE,), "swappable": (TRUE,)},
    ),
    MODELS + "ForeignKey": FieldClass(
        MODELS + "ForeignObject",
        (
            "to",
            "on_delete",
            "related_name",
            "related_query_name",
            "limit_choices_to",
            "parent_link",
            "to_field",
            "db_constraint",
        ),
        RELATED,
        {"on_delete": NONE},
    ),
    MODELS + "OneToOneField": FieldClass(
        MODELS + "ForeignKey",
        ("to", "on_delete", "to_field"),
        RELATED,
        {"on_delete": NONE},
        frozenset({"unique"}),
    ),
    MODELS + "ManyToManyField": FieldClass(
        MODELS + "Field",
        (
            "to",
            "related_name",
            "related_query_name",
            "limit_choices_to",
            "symmetrical",
            "through",
            "through_fields",
            "db_constraint",
            "db_table",
            "swappable",
        ),
        {
            "symmetrical": (NONE,),
            "through": (NONE,),
            "through_fields": (NONE,),
            "db_constraint": (TRUE,),
            "db_table": (NONE,),
            "swappable": (TRUE,),
        },
    ),
    POSTGRES + "ArrayField": FieldClass(MODELS + "Field", ("base_field", "size"), {"size": (NONE,)}),
    POSTGRES + "JSONField": FieldClass(
        MODELS + "JSONField",
        (*NAMED, "encoder"),
        {"encoder": (NONE,), "decoder": (NONE,)},
    ),
    POSTGRES + "HStoreField": plain(),
    POSTGRES + "CICharField": plain(MODELS + "CharField"),
    POSTGRES + "CIEmailField": FieldClass(MODELS + "EmailField", implied={"max_length": Constant(254)}),
    POSTGRES + "CITextField": plain(MODELS + "TextField"),
    **{
        POSTGRES + name: plain()
        for name in (
            "IntegerRangeField",
            "BigIntegerRangeField",
            "DecimalRangeField",
            "FloatRangeField",
            "DateTimeRangeField",
            "DateRangeField",
        )
    },
    "django.contrib.postgres.search.SearchVectorField": plain(),
    "django.contrib.contenttypes.fields.GenericForeignKey": FieldClass(
        parameters=("ct_field", "fk_field", "for_concrete_model")
    ),
    "django.contrib.contenttypes.fields.GenericRelation": FieldClass(
        parameters=("to", "object_id_field", "content_type_field")
    ),
    "django.contrib.gis.db.models.GeometryField": geometry(MODELS + "Field"),
    **{
        f"django.contrib.gis.db.models.{name}": geometry()
        for name in (
            "PointField",
            "LineStringField",
            "PolygonField",
            "MultiPointField",
            "MultiLineStringField",
            "MultiPolygonField",
            "GeometryCollectionField",
        )
    },
    "django.contrib.gis.db.models.RasterField": geometry(MODELS + "Field"),
}

# Where a class was, or where its own module has it, to where `deconstruct` says it is.
MOVED_PREFIXES = (
    ("django.db.models.fields.related.", MODELS),
    ("django.db.models.fields.files.", MODELS),
    ("django.db.models.fields.generated.", MODELS),
    ("django.db.models.fields.json.", MODELS),
    ("django.db.models.fields.proxy.", MODELS),
    ("django.db.models.fields.composite.", MODELS),
    ("django.db.models.fields.subclassing.", MODELS),
    ("django.db.models.fields.", MODELS),
    ("django.contrib.postgres.fields.array.", POSTGRES),
    ("django.contrib.postgres.fields.hstore.", POSTGRES),
    ("django.contrib.postgres.fields.jsonb.", POSTGRES),
    ("django.contrib.postgres.fields.citext.", POSTGRES),
    ("django.contrib.postgres.fields.ranges.", POSTGRES),
    ("django.contrib.contenttypes.generic.", "django.contrib.contenttypes.fields."),
    ("django.contrib.gis.db.models.fields.", "django.contrib.gis.db.models."),
    ("django.db.models.deletion.", MODELS),
    ("django.db.models.manager.", MODELS),
)

# Where a package passes a class on, as its documentation has one import it, to where the class is.
PASSED_ON: Mapping[str, str] = {
    "jsonfield.JSONField": "jsonfield.fields.JSONField",
    **{f"mptt.models.{name}": f"mptt.fields.{name}" for name in ("TreeForeignKey", "TreeManyToManyField")},
    "mptt.models.TreeOneToOneField": "mptt.fields.TreeOneToOneField",
}


@by_value
def canonical_path(path: str) -> str:
    """The import path as `Field.deconstruct` says it."""
    if path in PASSED_ON:
        return PASSED_ON[path]
    for prefix, now in MOVED_PREFIXES:
        rest = path.removeprefix(prefix)
        if rest != path and "." not in rest:
            return now + rest
    return path


def ancestry(path: str, bases: Mapping[str, str]) -> tuple[str, ...]:
    """The class and what it extends, as far as it is known, nearest first."""
    found = [path]
    while True:
        known = CLASSES.get(found[-1])
        parent = (
            known.parent if known else canonical_path(bases.get(found[-1]) or EXTENDED.get(found[-1], ""))
        )
        if not parent or parent in found:
            return tuple(found)
        found.append(parent)


@by_value
def djangos_ancestry(path: str) -> tuple[str, ...]:
    """The class of Django's and what it extends."""
    return ancestry(path, {})


def django_base(path: str, bases: Mapping[str, str]) -> str:
    """The nearest class of Django's that the class is or extends, "" where that is not known."""
    return next((name for name in ancestry(path, bases) if name in CLASSES), "")
