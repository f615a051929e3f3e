"""Every address of the portal. Each one stands in the table of tests/test_matrix.py, or the build fails."""

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from portal.pages import enterprise, home, judgement, people, registry, trail
from portal.views import errors, ground

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/signup/", ground.nowhere, name="account_signup"),
    path("accounts/password/reset/", ground.nowhere, name="account_reset_password"),
    path("accounts/email/", ground.nowhere, name="account_email"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("language/", login_not_required(set_language), name="set_language"),
    path("posting/", ground.switch_posting, name="switch_posting"),
    path("", home.home, name="home"),
    path("work/", include("enterprises.urls")),
    path("registry/", registry.registry, name="registry"),
    path("enterprises/<str:public_id>/", enterprise.overview, name="enterprise"),
    path("enterprises/<str:public_id>/judgement/", judgement.judgement, name="judgement"),
    path("enterprises/<str:public_id>/judgement/try/", judgement.try_out, name="try_out"),
    path("enterprises/<str:public_id>/figures/", enterprise.figures, name="figures"),
    path("enterprises/<str:public_id>/history/", enterprise.history, name="history"),
    path("health/", ground.health, name="health"),
    path("help/", trail.help_page, name="help"),
    path("jobs/", trail.jobs, name="jobs"),
    path("jobs/all/", trail.all_jobs, name="all_jobs"),
    path("jobs/<uuid:job_id>/", trail.job, name="job"),
    path("people/", people.people, name="people"),
    path("people/<int:posting_id>/end/", people.end_posting, name="end_posting"),
    path("people/<int:posting_id>/reset/", people.reset_password, name="reset_password"),
    path("access/", people.access, name="access"),
    path("audit/", trail.audit, name="audit"),
]
