"""Jobs, schedules, sensors and named automation policies. They select assets and hold no rule."""
