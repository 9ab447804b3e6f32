"""Figures have one size, and every figure says what it shows."""

import matplotlib.pyplot as plt
import pytest

from companion import plots


def test_all_figures_have_one_size():
    sizes = [
        plots.figure()[0].get_size_inches(),
        plots.figure(3)[0].get_size_inches(),
    ]
    assert all((size == sizes[0]).all() for size in sizes)


def test_show_attaches_the_description_and_closes_the_figure(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    fig, _ = plots.figure()
    plots.show(fig, alt="Two lines that cross.")
    ((data, metadata),) = (image._repr_mimebundle_() for image in shown)
    assert data["image/png"]
    assert metadata["image/png"]["alt"] == "Two lines that cross."
    assert not plt.fignum_exists(fig.number)


def test_a_figure_without_a_description_is_refused():
    fig, _ = plots.figure()
    with pytest.raises(ValueError, match="alt takes a sentence"):
        plots.show(fig, alt=" ")
    with pytest.raises(TypeError, match="alt takes a sentence .* got 5"):
        plots.show(fig, alt=5)
    with pytest.raises(ValueError, match="columns takes one whole number of at least 1"):
        plots.figure(0)
    with pytest.raises(TypeError, match="fig takes a matplotlib figure, got str"):
        plots.show("figure", alt="A line.")
    plt.close(fig)


def test_a_logarithmic_axis_has_the_ticks_asked_for():
    fig, axes = plots.figure()
    plots.log_axis(axes, "x", {0.5: "½", 20: "twenty"})
    plots.log_axis(axes, "y", [1, 10])
    fig.canvas.draw()
    assert [label.get_text() for label in axes.get_xticklabels()] == ["½", "twenty"]
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_yticks().tolist()) == ("log", "log", [1.0, 10.0])
    with pytest.raises(ValueError, match="which='z' is not known"):
        plots.log_axis(axes, "z", [1])
    with pytest.raises(ValueError, match="ticks takes positive numbers, got 0"):
        plots.log_axis(axes, "x", [0, 1])
    plt.close(fig)
