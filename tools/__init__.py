"""What builds and checks the notebooks. Nothing that a notebook imports; run as ``python -m tools.NAME``."""
