"""First-party plugins that come with Anju; each imports plugins.api and itself only."""
