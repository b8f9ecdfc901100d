"""Rules that no linter knows, checked on source and migrations."""
