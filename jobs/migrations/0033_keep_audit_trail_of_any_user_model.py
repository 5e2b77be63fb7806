"""The audit trail of migration 0013, for any user model. New databases get it in place of 0013.

Migration 0013 names the table, the key and the name of Django's own user model, so it fails with
another one. Databases that have 0013 keep what it made, which is the same for Django's own model.
"""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import migrations, models

BEFORE = import_module("jobs.migrations.0013_keep_audit_trail")


def _for_user_model(sql: str, schema_editor: Any) -> str:
    """Return the statements of 0013 with the names of the user model."""
    quote, user_model = schema_editor.quote_name, get_user_model()
    meta: Any = user_model._meta
    key = meta.pk.column
    name = meta.get_field(user_model.USERNAME_FIELD).column
    table = quote(meta.db_table)
    return (
        sql.replace(
            "SELECT username FROM auth_user WHERE id =",
            f"SELECT left({quote(name)}::text, 150) FROM {table} WHERE {quote(key)} =",
        )
        .replace("action_time, username,", f"action_time, left(account.{quote(name)}::text, 150),")
        .replace(
            "JOIN auth_user ON auth_user.id =", f"JOIN {table} account ON account.{quote(key)} ="
        )
    )


def keep(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(_for_user_model(BEFORE.KEEP, schema_editor), params=None)
    entries = apps.get_model("admin", "LogEntry").objects.using(schema_editor.connection.alias)
    # A new database has none, and may not have the column of the name yet: a later migration of the
    # user model's app may add it.
    if entries.exists():
        schema_editor.execute(_for_user_model(BEFORE.COPY, schema_editor), params=None)


def drop(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(BEFORE.DROP, params=None)


class Migration(migrations.Migration):
    replaces = [("jobs", "0013_keep_audit_trail")]

    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("jobs", "0012_tie_file_storage"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=150)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("object_type", models.CharField(max_length=201)),
                ("object_id", models.CharField(blank=True, max_length=255)),
                ("object_name", models.CharField(max_length=200)),
                (
                    "action",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Addition"), (2, "Change"), (3, "Deletion")]
                    ),
                ),
                ("message", models.TextField(blank=True)),
            ],
            options={"verbose_name_plural": "audit entries", "ordering": ("-id",)},
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["object_id", "object_type", "id"], name="jobs_auditentry_object"
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor", "id"], name="jobs_auditentry_actor"),
        ),
        migrations.RunPython(keep, drop),
    ]
