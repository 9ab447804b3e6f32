"""What the notebooks of the course share: data, weights, closed forms, metrics, comparisons, figures.

Importing `companion` loads neither PyTorch nor TensorFlow. The two halves, `companion.pytorch` and
`companion.tensorflow`, hold the same names with the same signatures; each works where the other framework is absent.
"""

__version__ = "0.1.0"
