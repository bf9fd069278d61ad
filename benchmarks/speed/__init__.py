"""Speed, side by side: association, engines, ranking, galleries, fusion."""
