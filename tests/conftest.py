"""What holds for every test: no connection leaves this machine, and every run draws the same examples."""

import os

import hypothesis

from tools import offline

offline.guard()
os.environ.update(offline.CPU)

hypothesis.settings.register_profile("course", deadline=None, derandomize=True)
hypothesis.settings.load_profile("course")
