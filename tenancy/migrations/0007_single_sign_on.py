from django.db import migrations

from tenancy.rls import SignIn


class Migration(migrations.Migration):
    """The library's tables of single sign-on: who is who there, for the bare logins alone."""

    dependencies = [
        ("tenancy", "0006_people"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [
        SignIn("socialaccount_socialaccount", "socialaccount_socialapp", "socialaccount_socialtoken"),
    ]
