"""The colours of the course, Okabe and Ito's (2008), which colour-blind readers can tell apart. It loads nothing."""

PYTORCH = "#D55E00"
TENSORFLOW = "#0072B2"
NEGATIVE = "#56B4E9"
POSITIVE = "#E69F00"
NEUTRAL = "#555555"
ACCENT = "#009E73"
FURTHER = "#AA3377"  # where these do not suffice
POSITIVE_DARK = "#8A5A00"  # of words about the positives

# Quantities that several lessons draw side by side.
RECALL = ACCENT
PRECISION = FURTHER
F1 = NEUTRAL
