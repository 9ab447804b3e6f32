"""What tests of pictures share: a figure drawn as the course draws it, and its lines."""


def line(axes, label):
    (found,) = [each for each in axes.lines if each.get_label() == label]
    return found


def drawn(fig, *, height=3.8):
    """Draw a figure, as `plots.show` will, and return its axes."""
    fig.canvas.draw()
    assert fig.get_size_inches().tolist() == [9.0, height]
    return fig.axes
