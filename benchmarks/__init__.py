"""How fast the course's package is, against what a practitioner would write: ``python -m benchmarks.bench``."""

import os

# Before TensorFlow is loaded: its C++ log lines stay out of the table.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
