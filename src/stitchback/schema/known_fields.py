"""Field classes of other packages that many migrations hold: what each extends.

Without this a foreign key of mptt's would be a column without "_id". A tree that defines the class is more precise
(`SchemaState.field_bases`).
"""

from __future__ import annotations

from collections.abc import Mapping

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
