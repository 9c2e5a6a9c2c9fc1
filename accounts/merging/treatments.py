"""What a merge does with everything in this app that points at a record, and the kinds that can be merged here."""

from django.utils.translation import gettext_lazy as _

from accounts import access, companies, company_values, contacts
from accounts.merging import company_rules, kinds, people_rules, rights
from accounts.merging.relations import Treatment, declare
from accounts.models import Company, Contact, Division, Site

_ADDRESS = company_values.ADDRESS_FIELDS


def register() -> None:
    """Called once, when the app is ready. The order is that of recomputing, backwards."""
    kinds.register(
        kinds.Kind(
            "company",
            _("company"),
            Company,
            companies.FIELDS,
            companies.clean,
            rights.merge_company,
            groups=(_ADDRESS,),
            joined=("notes",),
            check=company_rules.check,
            settle=company_rules.settle,
            recompute=company_rules.recompute,
        )
    )
    kinds.register(
        kinds.Kind(
            "contact",
            _("contact"),
            Contact,
            contacts.FIELDS,
            contacts.clean,
            access.edit_contact,
            joined=("notes",),
            check=people_rules.check_people,
            settle=people_rules.settle_people,
            recompute=people_rules.recompute_people,
        )
    )
    kinds.register(
        kinds.Kind(
            "division", _("division"), Division, ("name",), people_rules.clean_place, rights.merge_place,
            check=people_rules.check_places,
        )
    )  # fmt: skip
    kinds.register(
        kinds.Kind(
            "site", _("site"), Site, ("name", "division", "phone", *_ADDRESS), people_rules.clean_place, rights.merge_place,
            groups=(_ADDRESS,), check=people_rules.check_places,
        )
    )  # fmt: skip
    declare(
        {
            "accounts.CompanyName.company": Treatment.MOVE_OR_DROP,
            "accounts.FurtherValue.company": Treatment.MOVE_OR_DROP,
            # The result is as closed as the more closed of the two; the loser keeps its own list.
            # Who belongs to whom must stay without a circle: see `company_rules`.
            "accounts.Company.parent": Treatment.OWN,
            "accounts.CompanyFile.company": Treatment.MOVE,
            "accounts.Position.company": Treatment.MOVE,
            "accounts.Position.division": Treatment.MOVE,
            "accounts.Position.site": Treatment.MOVE,
            "accounts.Position.contact": Treatment.MOVE,
            "accounts.Position.successor": Treatment.MOVE,
            "accounts.FormerSite.site": Treatment.MOVE,
            "accounts.FormerSite.division": Treatment.MOVE,
            "accounts.Site.continued_as": Treatment.MOVE,
            "accounts.CompanyAccess.company": Treatment.OWN,
            "accounts.Division.company": Treatment.COMBINE,
            "accounts.Site.company": Treatment.COMBINE,
            "accounts.Site.division": Treatment.MOVE,
            "accounts.Contact.company": Treatment.MOVE_ASKED,
            "accounts.Contact.division": Treatment.MOVE,
            "accounts.Contact.site": Treatment.MOVE,
            "accounts.FactsQuestion.company": Treatment.MOVE_OR_DROP,
            "accounts.MatchKey.company": Treatment.COMPUTED,
            "accounts.MatchKey.contact": Treatment.COMPUTED,
            # A pair names two in the order of their ids: see `pairs`.
            "accounts.DuplicatePair.company_a": Treatment.OWN,
            "accounts.DuplicatePair.company_b": Treatment.OWN,
            "accounts.DuplicatePair.contact_a": Treatment.OWN,
            "accounts.DuplicatePair.contact_b": Treatment.OWN,
            # A chain of merges is followed link by link, and taken back link by link.
            "accounts.Company.merged_into": Treatment.STAY,
            "accounts.Contact.merged_into": Treatment.STAY,
            "accounts.Division.merged_into": Treatment.STAY,
            "accounts.Site.merged_into": Treatment.STAY,
        }
    )
