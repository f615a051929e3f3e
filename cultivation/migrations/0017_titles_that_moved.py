from django.db import migrations

from tenancy.rls import ENTERPRISE, OFFICE


class Migration(migrations.Migration):
    """What an enterprise brings along when it moves to another region: the announcements of its titles, and the rounds
    and notices of its applications, are read where the enterprise is."""

    dependencies = [("cultivation", "0016_local_editions")]

    operations = [
        migrations.RunSQL(
            [
                "CREATE POLICY of_titles ON cultivation_announcement FOR SELECT "
                f"TO {OFFICE}, {ENTERPRISE} USING (EXISTS (SELECT FROM cultivation_recognition r "
                "WHERE r.announcement_id = cultivation_announcement.id))",
                "CREATE POLICY of_applications ON cultivation_applicationbatch FOR SELECT "
                f"TO {OFFICE}, {ENTERPRISE} USING (EXISTS (SELECT FROM cultivation_application a "
                "WHERE a.batch_id = cultivation_applicationbatch.id))",
            ],
            migrations.RunSQL.noop,
        ),
    ]
