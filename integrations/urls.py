from django.urls import path

from integrations.views import exports, imports

app_name = "integrations"
urlpatterns = [
    path("exports/<slug:name>/", exports.export, name="export"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/new/", imports.import_new, name="import-new"),
    path("imports/templates/<slug:kind>/", imports.import_template, name="import-template"),
    path("imports/<int:pk>/", imports.import_page, name="import"),
    path("imports/<int:pk>/progress/", imports.import_progress, name="import-progress"),
    path("imports/<int:pk>/sheet/", imports.import_sheet, name="import-sheet"),
    path("imports/<int:pk>/columns/", imports.import_columns, name="import-columns"),
    path("imports/<int:pk>/mapping/", imports.import_mapping, name="import-mapping"),
    path("imports/<int:pk>/rows/<int:line>/", imports.import_row, name="import-row"),
    path("imports/<int:pk>/repairs/", imports.import_repairs, name="import-repairs"),
    path("imports/<int:pk>/sure-ones/", imports.import_sure_ones, name="import-sure-ones"),
    path("imports/<int:pk>/run/", imports.import_run, name="import-run"),
    path("imports/<int:pk>/report/", imports.import_report, name="import-report"),
    path("imports/<int:pk>/rows/", imports.import_rows, name="import-rows"),
    path("imports/<int:pk>/stop/", imports.import_stop, name="import-stop"),
    path("imports/<int:pk>/continuation/", imports.import_continuation, name="import-continuation"),
    path("imports/<int:pk>/undo/", imports.import_undo, name="import-undo"),
    path("imports/<int:pk>/removal/", imports.import_removal, name="import-removal"),
]
