"""What the current and the next quarters will bring, from the company's own history. `docs/forecast.md` tells how."""
