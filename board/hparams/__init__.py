"""Hyper-parameters and configuration of every run, wherever its training has left them."""
