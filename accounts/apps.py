from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import access as rules  # noqa: F401 - declares the rules of records
        from accounts import bin, finding, wordings
        from accounts.merging import rights, treatments  # noqa: F401 - declares the rules of merging
        from accounts.models import Company, DuplicatePair
        from staff import access, nav

        wordings.register()
        treatments.register()
        bin.register_own()
        access.register_visibility("company", lambda user: Company.objects.visible_to(user))
        finding.register()
        nav.register(
            nav.Item("data", 30, _("Bin"), "accounts:bin", "undo", capability="sell"),
            # Companies and contacts, not duplicates.
            nav.Item("work", 40, _("Accounts"), "accounts:companies", "company", area="accounts:co"),
            nav.Item(
                "data",
                20,
                _("Duplicates"),
                "accounts:duplicates",
                "merge",
                capability="review duplicates",
                count=DuplicatePair.objects.to_decide,
            ),
        )
