"""Form fields that take yen and days as people write them."""

from crm.lib.day_field import DayField
from crm.lib.money_field import MoneyField

__all__ = ["DayField", "MoneyField"]
