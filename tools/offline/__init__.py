"""The surroundings of tests and notebooks: no network beyond this machine, and the CPU alone."""

import importlib
import os

# The experiments run on the CPU, and Keras on TensorFlow, whatever the machine has and the user prefers.
CPU = {"CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}
FOLDER = os.path.dirname(os.path.abspath(__file__))


def settle():
    """Settle this process, and every one that it starts, in these surroundings: for the tools that start kernels."""
    guard()
    os.environ.update(CPU)
    # ipykernel then leaves file descriptors alone, as under nbval: TensorFlow's C++ log stays out of the notebooks.
    os.environ["PYTEST_CURRENT_TEST"] = "tools.offline"
    # It writes to stderr while it looks for fonts the first time, and a notebook's stderr stays empty.
    importlib.import_module("matplotlib.font_manager")


def guard():
    """Refuse connections in this process and in every Python process that it starts, kernels included."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if FOLDER not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [FOLDER, *paths]))
    importlib.import_module("tools.offline.sitecustomize")
