"""Plots and tables for people. Reads through the warehouse's named queries, computes nothing."""
