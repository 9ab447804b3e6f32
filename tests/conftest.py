"""What holds for every test: no connection leaves this machine, and every run draws the same examples."""

import os

import hypothesis

import companion  # noqa: F401  before any framework: see its docstring
from tools import offline

offline.guard()
os.environ.update(offline.CPU)
# Two notebooks run at once on two cores: with a thread each, neither waits for the other. `make notebooks` leaves the
# threads to the libraries, so that stored outputs are known to survive both.
for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")

hypothesis.settings.register_profile("course", deadline=None, derandomize=True)
hypothesis.settings.load_profile("course")
