"""The maintenance stage: reads again everything that is kept."""
