"""The momentum command. A command that only reads never imports Dagster; --help imports next to nothing."""
