"""The slider's text is well formed and repeats, its data are the arrays', and bad input is refused by name."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest

from companion import theory
from companion.slider import cut_slider


def script_data(html):
    return json.loads(re.search(r"const data = (\{.*\});", html).group(1))


def picture(html):
    return unquote(re.search(r'<img src="data:image/svg\+xml,([^"]*)"', html).group(1))


HTML = cut_slider((0.5, 1, 9, 81)).data


def test_the_same_arguments_give_the_same_text():
    assert cut_slider((0.5, 1, 9, 81)).data == HTML


def test_the_html_and_its_picture_are_well_formed():
    open_tags = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

        def handle_startendtag(self, tag, attrs):
            pass

    Parser(convert_charrefs=True).feed(HTML)
    assert open_tags == []
    root = ElementTree.fromstring(picture(HTML))
    assert root.get("role") == "img"
    assert not [node for node in root.iter() if node.get("id")]
    assert "http" not in HTML.replace("http%3A//www.w3.org/2000/svg", "").replace("http://www.w3.org/2000/svg", "")


def test_jupyterlab_leaves_the_arrow_keys_to_the_slider():
    (slider_tag,) = re.findall(r"<input[^>]*>", HTML)
    assert 'data-lm-suppress-shortcuts="true"' in slider_tag


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
