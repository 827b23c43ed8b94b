"""Ports that we open, addresses that others give us, and files that we write: what may come in, and what goes out."""
