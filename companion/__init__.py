"""What the notebooks of the course share: data, weights, closed forms, metrics, comparisons, figures.

Importing `companion` loads neither PyTorch nor TensorFlow. The two halves, `companion.pytorch` and
`companion.tensorflow`, hold the same names with the same signatures; each works where the other framework is absent.

Import it before TensorFlow: where PyTorch's CUDA build is installed, with Triton 3.7 or later, the process dies once
TensorFlow 2.20 or 2.21 has put its own LLVM before Triton's. Loaded first, Triton keeps its own.
"""

import contextlib
import sys

if "tensorflow" not in sys.modules:  # with 2.22 among the bounds, this goes
    with contextlib.suppress(ImportError):
        import triton  # noqa: F401

__version__ = "0.1.0"
