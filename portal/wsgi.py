import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

from tenancy.checks import refuse_unbound_login  # noqa: E402  after Django is set up

refuse_unbound_login()
