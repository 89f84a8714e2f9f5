"""ConfigurableResources around momentum.adapters, a few lines each."""
