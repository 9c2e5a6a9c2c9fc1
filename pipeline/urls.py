from django.urls import path

from pipeline.views import (
    approving,
    board,
    closing,
    creating,
    deal,
    facts,
    many,
    moving,
    publications,
    stages,
    stalls,
)

app_name = "pipeline"
urlpatterns = [
    path("deals/", board.deal_board, name="board"),
    path("deals/list/", board.deals_listed, name="list"),
    path("deals/filters/", board.filters, name="filters"),
    path("deals/bulk/", many.deals_bulk, name="bulk"),
    path("deals/bulk/<int:pk>/undo/", many.bulk_undo, name="bulk-undo"),
    path("deals/views/new/", many.view_new, name="view-new"),
    path("deals/views/<int:pk>/removal/", many.view_removal, name="view-removal"),
    path("deals/new/", creating.deal_new, name="deal-new"),
    path("deals/companies/", creating.company_options, name="company-options"),
    path("deals/contacts/", creating.contact_options, name="contact-options"),
    path("deals/<int:pk>/", deal.deal_page, name="deal"),
    path("deals/<int:pk>/stage/", moving.deal_stage, name="deal-stage"),
    path("deals/<int:pk>/stage/<int:seen>/undo/", moving.stage_undo, name="deal-stage-undo"),
    path("deals/<int:pk>/loss/", closing.deal_loss, name="deal-loss"),
    path("deals/<int:pk>/owner/", closing.deal_owner, name="deal-owner"),
    path("deals/<int:pk>/snooze/", stalls.deal_snooze, name="deal-snooze"),
    path("deals/<int:pk>/waking/", stalls.deal_waking, name="deal-waking"),
    path("deals/<int:pk>/facts/<slug:name>/", facts.deal_fact, name="deal-fact"),
    path("deals/<int:pk>/edits/<int:event>/undo/", facts.edit_undo, name="edit-undo"),
    path("deals/<int:pk>/criteria/<int:criterion>/", facts.deal_criterion, name="deal-criterion"),
    path("deals/<int:pk>/criteria/<int:criterion>/approval/", approving.deal_approval, name="deal-approval"),
    path("deals/<int:pk>/files/", facts.deal_files, name="deal-files"),
    path("deals/<int:pk>/files/<int:file>/", facts.deal_file, name="deal-file"),
    path("deals/<int:pk>/files/<int:file>/removal/", facts.file_removal, name="file-removal"),
    path("deals/<int:pk>/files/<int:file>/restoration/", facts.file_restoration, name="file-restoration"),
    path("settings/stages/", stages.stages, name="stages"),
    path("settings/stalls/", stalls.stall_rules, name="stall-rules"),
    path("settings/stalls/<int:pk>/", stalls.stall_rules_of, name="stall-rules-of"),
    path("settings/pipelines/new/", publications.pipeline_new, name="pipeline-new"),
    path("settings/pipelines/<int:pk>/teams/", publications.pipeline_teams, name="pipeline-teams"),
    path("settings/pipelines/<int:pk>/draft/removal/", publications.draft_removal, name="draft-removal"),
    path("settings/pipelines/<int:pk>/versions/", publications.method_versions, name="method-versions"),
    path("settings/pipelines/<int:pk>/versions/new/", publications.version_new, name="version-new"),
    path(
        "settings/pipelines/<int:pk>/versions/<int:number>/withdrawal/",
        publications.version_withdrawal,
        name="version-withdrawal",
    ),
    path("settings/pipelines/<int:pk>/stages/", stages.stage_new, name="stage-new"),
    path("settings/pipelines/<int:pk>/stages/<slug:key>/", stages.stage, name="stage"),
    path("settings/pipelines/<int:pk>/stages/<slug:key>/place/", stages.stage_place, name="stage-place"),
    path(
        "settings/pipelines/<int:pk>/stages/<slug:key>/removal/", stages.stage_removal, name="stage-removal"
    ),
    path(
        "settings/pipelines/<int:pk>/stages/<slug:key>/criteria/", stages.criterion_new, name="criterion-new"
    ),
    path(
        "settings/pipelines/<int:pk>/stages/<slug:key>/criteria/<slug:criterion>/",
        stages.criterion,
        name="criterion",
    ),
    path(
        "settings/pipelines/<int:pk>/stages/<slug:key>/criteria/<slug:criterion>/place/",
        stages.criterion_place,
        name="criterion-place",
    ),
    path(
        "settings/pipelines/<int:pk>/stages/<slug:key>/criteria/<slug:criterion>/removal/",
        stages.criterion_removal,
        name="criterion-removal",
    ),
]
