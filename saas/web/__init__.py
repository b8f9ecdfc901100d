"""The shell of the product in a browser: app plumbing, access, language, layouts, assets, live updates."""
