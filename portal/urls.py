"""Every address of the portal. Each one stands in the table of tests/test_matrix.py, or the build fails."""

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from cultivation import api
from portal.pages import (
    applications,
    checks,
    enterprise,
    exports,
    home,
    judgement,
    many_applications,
    people,
    registry,
    reports,
    take_back,
    trail,
)
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
    path("accounts/password/set/", ground.nowhere, name="account_set_password"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("language/", login_not_required(set_language), name="set_language"),
    path("posting/", ground.switch_posting, name="switch_posting"),
    path("", home.home, name="home"),
    path("data/imports/<str:public_id>/take-back/", take_back.take_back, name="take_back"),
    path("data/", include("enterprises.urls")),
    path("registry/", registry.registry, name="registry"),
    path("registry/check/", checks.check, name="check"),
    path("enterprises/<str:public_id>/", enterprise.overview, name="enterprise"),
    path("enterprises/<str:public_id>/judgement/", judgement.judgement, name="judgement"),
    path("enterprises/<str:public_id>/judgement/now/", judgement.judge_now, name="judge_now"),
    path("enterprises/<str:public_id>/judgement/try/", judgement.try_out, name="try_out"),
    path("enterprises/<str:public_id>/figures/", enterprise.figures, name="figures"),
    path("enterprises/<str:public_id>/history/", enterprise.history, name="history"),
    path("enterprises/<str:public_id>/apply/", applications.file, name="file_application"),
    path("applications/", applications.applications, name="applications"),
    path("applications/rounds/", applications.rounds, name="rounds"),
    path("applications/many/", many_applications.many, name="many_applications"),
    path("applications/decide/", applications.decide, name="decide_applications"),
    path("applications/<str:public_id>/", applications.application, name="application"),
    path("applications/<str:public_id>/save/", applications.save, name="save_application"),
    path("applications/<str:public_id>/conflict/", applications.conflict, name="conflict"),
    path("evaluations/", include("cultivation.urls")),
    path("exports/", exports.history, name="exports"),
    path("exports/new/", exports.new, name="new_export"),
    path("exports/make/", exports.make, name="make_export"),
    path("exports/columns/", exports.save_columns, name="save_columns"),
    path("exports/columns/<str:public_id>/rename/", exports.rename_columns, name="rename_columns"),
    path("exports/columns/<str:public_id>/delete/", exports.delete_columns, name="delete_columns"),
    path("exports/<str:public_id>/", exports.record, name="export_record"),
    path("exports/<str:public_id>/again/", exports.again, name="export_again"),
    path("exports/<str:public_id>/file/", exports.download, name="export_file"),
    path("reports/", reports.reports, name="reports"),
    path("reports/make/", reports.make, name="make_report"),
    path("reports/files/<uuid:file_id>/", reports.download, name="download"),
    path("reports/<str:quarter>/", reports.report, name="report"),
    path("api/judgements/", api.judgements, name="api_judgements"),
    path("api/judgements/<str:uscc>/", api.judgement, name="api_judgement"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
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
