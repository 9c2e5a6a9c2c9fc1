from django.apps import AppConfig
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from accounts import origins
        from accounts.merging.relations import Treatment, declare
        from integrations import exports
        from integrations.imports import tracing
        from integrations.imports.import_events import ImportEvent
        from integrations.models import Import
        from staff import nav, wording

        # A line names the record that it made or filled, which an absorbed one still is: taking the list back asks for it.
        names = ("company", "site", "contact", "lead")
        declare({f"integrations.ImportRow.{name}": Treatment.STAY for name in names})
        origins.register(tracing.origins)
        nav.register(
            nav.Item(
                "data",
                10,
                _("Import"),
                "integrations:imports",
                "upload",
                capability="import",
                count=lambda user: Import.objects.visible_to(user).waiting(),
                area="integrations:import",
            )
        )
        wording.register(
            exports.EXPORTED,
            "download",
            lambda event: gettext("took out a list of %(rows)s rows") % event.data,
        )
        for kind, text in {
            ImportEvent.UPLOADED: lambda event: gettext("uploaded the list %(name)s") % event.data,
            ImportEvent.SHEET_CHOSEN: lambda event: (
                gettext("took the sheet %(sheet)s of the list %(name)s") % event.data
            ),
            ImportEvent.MAPPED: lambda event: gettext("settled the columns of a list"),
            ImportEvent.CONFIRMED: lambda event: gettext("let a list of %(rows)s lines come in") % event.data,
            ImportEvent.CONTINUED: lambda event: gettext("went on with a list"),
            ImportEvent.DONE: lambda event: gettext("a list has come in"),
            ImportEvent.COMPARED: lambda event: gettext("compared companies of a list with the others"),
            ImportEvent.FAILED: lambda event: gettext("a list could not be read"),
            ImportEvent.REMOVED: lambda event: gettext("gave up the list %(name)s") % event.data,
            ImportEvent.STOPPED: lambda event: gettext("stopped the list %(name)s") % event.data,
            ImportEvent.UNDO_ASKED: lambda event: gettext("undoes the list %(name)s") % event.data,
            ImportEvent.UNDONE: lambda event: gettext("the list %(name)s was undone") % event.data,
            ImportEvent.REPORTED: lambda event: gettext(
                "took out the lines of a list that are to be corrected"
            ),
        }.items():
            wording.register(kind, "upload", text)
