"""Pure arithmetic of fees: no database, no web, no clock. Exact fractions inside, whole minor units out."""
