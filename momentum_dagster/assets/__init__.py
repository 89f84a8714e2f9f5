"""Application data: activities, training load, rollups. A resource joined to a core function, no rule of its own."""
