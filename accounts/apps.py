from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from staff.models import User


def _questions(user: User) -> QuerySet[Any]:
    """All that waits for a decision: pairs, and statements that contradict one another."""
    from accounts.models import DuplicatePair, FactsQuestion

    pairs = DuplicatePair.objects.to_decide(user).order_by().values("pk")
    return pairs.union(FactsQuestion.objects.to_decide(user).order_by().values("pk"), all=True)


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import access as rules  # noqa: F401 - declares the rules of records
        from accounts import bin, finding, wordings
        from accounts.merging import rights, treatments  # noqa: F401 - declares the rules of merging
        from accounts.models import Company, Contact
        from staff import access, nav
        from staff.custom import records

        records.register(
            records.Kind(
                "company",
                Company,
                "edit company",
                lambda user: Company.objects.active(),
                1,
                has_first_form=True,
            )
        )
        records.register(
            records.Kind(
                "contact",
                Contact,
                "edit contact",
                lambda user: Contact.objects.active(),
                1,
                has_first_form=True,
            )
        )

        wordings.register()
        treatments.register()
        bin.register_own()
        access.register_visibility("company", lambda user: Company.objects.visible_to(user))
        finding.register()
        nav.register(
            nav.Item("data", 30, _("Bin"), "accounts:bin", "trash", capability="sell"),
            # Companies and contacts, not duplicates.
            nav.Item("work", 40, _("Accounts"), "accounts:companies", "company", area="accounts:co"),
            nav.Item(
                "data",
                20,
                _("Duplicates"),
                "accounts:duplicates",
                "merge",
                capability="review duplicates",
                count=_questions,
            ),
            nav.Item(
                "admin",
                25,
                _("Rules of matching"),
                "accounts:matching-rules",
                "merge",
                "administer",
                area="accounts:match",
            ),
        )
