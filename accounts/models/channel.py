from decimal import Decimal

import pghistory
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


@pghistory.track()
class Channel(models.Model):
    """How a customer came to us: exhibition, web form, referral … `coefficient` multiplies the lead score."""

    code = models.SlugField(max_length=20, unique=True)
    name_ja = models.CharField(_("name (Japanese)"), max_length=40)
    name_en = models.CharField(_("name (English)"), max_length=40)
    coefficient = models.DecimalField(_("coefficient"), max_digits=4, decimal_places=2, default=Decimal(1))
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name_en if (get_language() or "ja").startswith("en") else self.name_ja
