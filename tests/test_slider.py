"""The slider's text is well formed and repeats, its data are the arrays', and bad input is refused by name."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest

from companion import plots, theory
from companion.slider import cut_slider, weight_slider

X = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 1.0], [2.5, 3.0], [0.5, 2.0]])
Y = np.array([0, 0, 1, 1, 0])
GOOD = {
    "X": X,
    "y": Y,
    "weights": [0.5, 1.0, 4.0],
    "coefficients": [[1.0, 0.5], [1.0, 0.5], [1.0, 0.4]],
    "intercepts": [-9.0, -2.4, -0.9],
    "title": "Five <points> & 3 weights",
    "colour": plots.PYTORCH,
}


def build(**changes):
    return weight_slider(**(GOOD | changes))


def script_data(html):
    return json.loads(re.search(r"const data = (\{.*\});", html).group(1))


def picture(html):
    return unquote(re.search(r'<img src="data:image/svg\+xml,([^"]*)"', html).group(1))


def test_the_same_arrays_give_the_same_text():
    assert build() == build()
    noisy = {name: np.array(GOOD[name]) + 1e-13 for name in ("coefficients", "intercepts")}
    assert build(**noisy) == build()


@pytest.mark.parametrize("html", [build(), cut_slider((0.5, 1, 9, 81)).data])
def test_the_html_and_its_picture_are_well_formed(html):
    open_tags = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

        def handle_startendtag(self, tag, attrs):
            pass

    Parser(convert_charrefs=True).feed(html)
    assert open_tags == []
    root = ElementTree.fromstring(picture(html))
    assert root.get("role") == "img"
    assert not [node for node in root.iter() if node.get("id")]
    assert "http" not in html.replace("http%3A//www.w3.org/2000/svg", "").replace("http://www.w3.org/2000/svg", "")


def test_the_picture_says_what_it_shows():
    assert ElementTree.fromstring(picture(build())).get("aria-label").startswith("w⁺ = 0.5")


@pytest.mark.parametrize("html", [build(), cut_slider((1, 9, 81)).data])
def test_jupyterlab_leaves_the_arrow_keys_to_the_slider(html):
    (slider_tag,) = re.findall(r"<input[^>]*>", html)
    assert 'data-lm-suppress-shortcuts="true"' in slider_tag


def test_the_data_of_the_script_are_those_of_the_arrays():
    states = script_data(build())["states"]
    for state, theta, b in zip(states, GOOD["coefficients"], GOOD["intercepts"], strict=True):
        alarm = X @ theta + b > 0
        expected = [int(((Y == k) & (alarm == p)).sum()) for k in (0, 1) for p in (False, True)]
        assert state["counts"] == expected
        tn, fp, fn, tp = expected
        assert state["recall"] == round(tp / (tp + fn), 3)
        assert state["precision"] == (round(tp / (tp + fp), 3) if tp + fp else None)
    assert [state["weight"] for state in states] == ["0.5", "1", "4"]
    assert "precision undefined" in states[0]["text"]


def test_the_boundary_is_where_the_logit_is_zero_and_the_shade_where_it_is_positive():
    low, high = X.min(), X.max()
    margin = 0.05 * (high - low)
    scale = 300 / (high - low + 2 * margin)
    for state, theta, b in zip(script_data(build())["states"], GOOD["coefficients"], GOOD["intercepts"], strict=True):
        pixels = np.array(state["alarm"]).reshape(4, 2)
        points = np.stack([pixels[:, 0] / scale + low - margin, high + margin - pixels[:, 1] / scale], axis=1)
        logits = points @ theta + b
        assert np.abs(logits[:2]).max() < 0.01 and logits[2:].min() > 1


def test_the_first_picture_shows_the_chosen_weight():
    html = build(first=1)
    state = script_data(html)["states"][1]
    root = ElementTree.fromstring(picture(html))
    shown = {node.get("class"): node for node in root.iter() if node.get("class")}
    assert [shown[name].text for name in ("tn", "fp", "fn", "tp")] == list(map(str, state["counts"]))
    assert [float(shown["point"].get(name)) for name in ("cx", "cy")] == state["point"]
    assert 'value="1"' in html and state["text"] in html


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"X": X[:, :1]}, "X takes two features"),
        ({"X": X[:3]}, "X and y"),
        ({"X": np.where(X == 3, np.nan, X)}, "X"),
        ({"y": [0, 0, 0, 0, 0]}, "y has no sample of class 1"),
        ({"weights": [1.0, 0.5, 4.0]}, "weights takes positive numbers in rising order"),
        ({"weights": [0.0, 0.5, 4.0]}, "weights takes positive"),
        ({"weights": [1.0, 4.0]}, "coefficients and intercepts take one model"),
        ({"intercepts": [0.0, 1.0]}, "coefficients and intercepts take one model"),
        ({"coefficients": [[0.0, 0.0], [1.0, 0.5], [1.0, 0.4]]}, "coefficients holds a model"),
        ({"title": " "}, "title takes some words"),
        ({"colour": "red"}, "colour takes the form"),
        ({"first": 3}, "first takes 0 to 2"),
    ],
)
def test_bad_input_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)


def test_the_cuts_are_those_of_the_closed_form():
    weights = (0.25, 1, 9, 81, 160)
    states = script_data(cut_slider(weights).data)["states"]
    assert [float(state["weight"]) for state in states] == list(weights)
    for w, state in zip(weights, states, strict=True):
        found = theory.gaussian_rates(2.0, 0.1, float(w))
        tn, fp, fn, tp = map(int, re.findall(r"(?:TN|FP|FN|TP) (\d+)", state["text"]))
        assert tn + fp == 900 and fn + tp == 100 and abs(tp - 100 * found["tpr"]) <= 0.5
        score = state["cut"] / 700 * 8.4 - 3.2
        assert score == pytest.approx(1 - np.log(w / 9) / 2, abs=0.01)


def test_three_cuts_stand_side_by_side_where_no_script_runs():
    html = cut_slider((1, 2, 9, 81), still=(2, 9, 81)).data
    root = ElementTree.fromstring(picture(html))
    bold = [node.text for node in root.iter() if node.get("font-weight") == "bold"]
    assert bold == ["w⁺ = 2", "w⁺ = 9", "w⁺ = 81"] and 'value="1"' in html
    cuts = [int(node.get("width")) for node in root.iter() if node.get("class") == "silence"]
    assert cuts == sorted(cuts, reverse=True) and len(cuts) == 3
    assert ElementTree.fromstring(script_data(html)["picture"]).get("role") == "img"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": [9, 1, 81]}, "weights takes positive numbers in rising order"),
        ({"still": (1, 9)}, "still takes three of the weights"),
        ({"still": (1, 9, 80)}, "still takes three of the weights"),
        ({"separation": 0.0}, "separation"),
        ({"prior": 1.0}, "prior"),
    ],
)
def test_cuts_that_are_none_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        cut_slider(**({"weights": [1, 9, 81]} | arguments))
