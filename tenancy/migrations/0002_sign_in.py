from django.db import migrations

from tenancy.rls import Reference, SignIn


class Migration(migrations.Migration):
    """Sign-in tables of the libraries stand outside row-level security, for the bare logins alone."""

    dependencies = [
        ("tenancy", "0001_initial"),
        ("sessions", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("axes", "0010_accessattemptexpiration"),
    ]

    operations = [
        SignIn(
            "django_session",
            "account_emailaddress",
            "account_emailconfirmation",
            "mfa_authenticator",
            "axes_accessattempt",
            "axes_accessattemptexpiration",
            "axes_accessfailurelog",
            "axes_accesslog",
        ),
        Reference("django_content_type", "django_migrations"),
    ]
