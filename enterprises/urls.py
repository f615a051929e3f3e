from django.urls import path

from enterprises.views import changes, columns, entry, files, imports, mending, own, proposals

app_name = "enterprises"

urlpatterns = [
    path("imports/", imports.imports, name="imports"),
    path("imports/<str:public_id>/", imports.batch, name="batch"),
    path("imports/<str:public_id>/columns/", columns.columns, name="columns"),
    path("imports/<str:public_id>/year/", imports.year, name="year"),
    path("imports/<str:public_id>/mend/", mending.mend, name="mend"),
    path("imports/<str:public_id>/changes/", changes.changes, name="changes"),
    path("imports/<str:public_id>/write/", imports.write, name="write"),
    path("imports/<str:public_id>/abandon/", imports.abandon, name="abandon"),
    path("imports/<str:public_id>/problems.xlsx", imports.problem_list, name="problems"),
    path("imports/template-<int:year>.xlsx", files.template, name="template"),
    path("imports/<str:public_id>/returned.xlsx", files.returned, name="returned"),
    path("imports/<str:public_id>/failed.xlsx", files.failed, name="failed"),
    path("imports/files/<uuid:file_id>/", files.returned_file, name="returned_file"),
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/decide/", proposals.decide, name="decide"),
    path("own/", own.own, name="own"),
    path("entry/", entry.new, name="new"),
    path("entry/check/", entry.check, name="check"),
    path("entry/drafts/<str:public_id>/", entry.draft, name="draft"),
    path("entry/drafts/<str:public_id>/discard/", entry.discard, name="discard"),
    path("entry/<str:public_id>/", entry.edit, name="edit"),
    path("entry/<str:public_id>/state/", entry.state, name="state"),
]
