"""Entries of Django's admin log are copied to a table that keeps them when their account is deleted."""

from django.db import migrations, models

# Every door writes to django_admin_log: pages of other applications, bulk_create(), a shell. A trigger sees them all.
# A handler may have set another search_path, so the function has its own.
KEEP = """
CREATE FUNCTION jobs_keep_audit_entry() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO jobs_auditentry
        (at, actor, account_id, object_type, object_id, object_name, action, message)
    VALUES (NEW.action_time,
        coalesce((SELECT username FROM auth_user WHERE id = NEW.user_id), ''), NEW.user_id,
        coalesce((SELECT app_label || '.' || model FROM django_content_type WHERE id = NEW.content_type_id), ''),
        left(coalesce(NEW.object_id, ''), 255), NEW.object_repr, NEW.action_flag, NEW.change_message);
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_keep_audit_entry AFTER INSERT ON django_admin_log
    FOR EACH ROW EXECUTE FUNCTION jobs_keep_audit_entry();

CREATE FUNCTION jobs_refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Entries of the audit trail are never changed or deleted.';
END $$;
CREATE TRIGGER jobs_refuse_change_of_audit BEFORE UPDATE OR DELETE ON jobs_auditentry
    FOR EACH ROW EXECUTE FUNCTION jobs_refuse_change_of_audit();
"""
COPY = """
INSERT INTO jobs_auditentry (at, actor, account_id, object_type, object_id, object_name, action, message)
SELECT action_time, username, user_id, coalesce(app_label || '.' || model, ''), left(coalesce(object_id, ''), 255),
    object_repr, action_flag, change_message
FROM django_admin_log
JOIN auth_user ON auth_user.id = user_id
LEFT JOIN django_content_type ON django_content_type.id = content_type_id
ORDER BY django_admin_log.id
"""
DROP = """
DROP TRIGGER jobs_keep_audit_entry ON django_admin_log;
DROP FUNCTION jobs_keep_audit_entry();
DROP TRIGGER jobs_refuse_change_of_audit ON jobs_auditentry;
DROP FUNCTION jobs_refuse_change_of_audit();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
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
                ("account_id", models.BigIntegerField()),
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
        migrations.RunSQL(KEEP, DROP),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
    ]
