"""The three KPIs week by week: counted once, frozen, and never changed under those who spoke of them."""
