from django.db import migrations, models
from django.db.models.functions import Length
from django.db.models.lookups import Exact


class Migration(migrations.Migration):
    """The shape of a code is asked in a way that costs a sixth."""

    dependencies = [("enterprises", "0007_figures_of_a_statement")]

    operations = [
        migrations.RemoveConstraint("enterprise", "enterprise_uscc_shape"),
        migrations.AddConstraint(
            "enterprise",
            models.CheckConstraint(
                condition=models.Q(Exact(Length("uscc"), 18), uscc__regex="^[0-9A-HJ-NPQRTUWXY]+$")
                | models.Q(Exact(Length("uscc"), 15), uscc__regex="^[0-9]+$"),
                name="enterprise_uscc_shape",
            ),
        ),
    ]
