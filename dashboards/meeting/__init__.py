"""営業定例: the weekly meeting that runs inside the product, and what it decided."""
