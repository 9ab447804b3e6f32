"""Interactive figures: a slider on w⁺ that moves a cut, or a boundary. They need no kernel, no widget, no network.

A picture is an image inside the HTML, so it is seen before anything runs, also where scripts are not allowed, as in a
notebook that JupyterLab does not trust yet. Where the script runs, it brings it to life. Pictures and scripts lie
beside this file.
"""

import json
from importlib.resources import files
from string import Template
from urllib.parse import quote
from xml.sax.saxutils import escape

import numpy as np

from companion import _checks, theory
from companion._palette import NEGATIVE, NEUTRAL, POSITIVE

_SIDE, _CURVE = 300, 180  # the squares of slider.svg in which the samples and the curve are drawn, in pixels


def weight_slider(X, y, weights, coefficients, intercepts, *, title, colour, first=0):
    """Return a figure with a slider on w⁺: the boundary of each model, its confusion matrix, its precision and recall.

    Parameters
    ----------
    X : array_like of float, shape (n, 2)
        The two features of the samples that are shown and counted.
    y : array_like of int, shape (n,)
        Their labels, 0 and 1, both present.
    weights : array_like of float, shape (W,)
        w⁺ of each model, positive and rising.
    coefficients : array_like of float, shape (W, 2)
        θ of each model; a sample is predicted positive if its logit θ·x + b is above 0.
    intercepts : array_like of float, shape (W,)
        b of each model.
    title : str
        Stands above the picture; two figures on one page take different titles.
    colour : str
        Of the boundary and the point, as ``"#RRGGBB"``.
    first : int, optional
        Which weight is shown first, 0…W−1.

    Returns
    -------
    str
        HTML with an image, an input and a script, for `IPython.display.HTML`. The same arguments give the same text.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above; if a model has θ = 0 and so no boundary.

    Notes
    -----
    The precision of a model without a positive prediction is undefined; its point is hidden.

    Examples
    --------
    >>> html = weight_slider([[0, 0], [1, 1], [2, 2]], [0, 0, 1], [1.0, 4.0], [[1, 1], [1, 1]], [-3.0, -1.0],
    ...                      title="Three points", colour="#D55E00")
    >>> "w⁺ = 1: TN 2, FP 0, FN 0, TP 1, precision 1, recall 1" in html
    True
    """
    X, y = _checks.array("X", X, ndim=2), _checks.binary_labels("y", y)
    _checks.same_length("X", X, "y", y)
    weights = _checks.array("weights", weights, ndim=1)
    theta, b = _checks.array("coefficients", coefficients, ndim=2), _checks.array("intercepts", intercepts, ndim=1)
    if X.shape[1] != 2:
        raise ValueError(f"X takes two features, shape (n, 2), got {X.shape}.")
    if theta.shape != (len(weights), 2) or b.shape != weights.shape:
        raise ValueError(
            f"coefficients and intercepts take one model for each of the {len(weights)} weights, shapes "
            f"({len(weights)}, 2) and ({len(weights)},), got {theta.shape} and {b.shape}."
        )
    _rising(weights)
    if not theta.any(axis=1).all():
        raise ValueError("coefficients holds a model with θ = 0, which has no boundary.")
    if not isinstance(title, str) or not title.strip():
        raise ValueError(f"title takes some words, got {_checks.shown(title)}.")
    if (
        not isinstance(colour, str)
        or len(colour) != 7
        or colour[0] != "#"
        or set(colour[1:]) - set("0123456789abcdefABCDEF")
    ):
        raise ValueError(f"colour takes the form '#RRGGBB', got {_checks.shown(colour)}.")
    if _checks.whole("first", first) >= len(weights):
        raise ValueError(f"first takes 0 to {len(weights) - 1}, got {first}.")

    low, high = X.min(), X.max()
    margin = 0.05 * (high - low)
    low, scale = low - margin, _SIDE / (high - low + 2 * margin)
    states = [
        _state(X, y, w, a, c, lambda points: np.stack([points[:, 0] - low, high + margin - points[:, 1]], 1) * scale)
        for w, a, c in zip(weights, theta, b, strict=True)
    ]
    pixels = np.stack([X[:, 0] - low, high + margin - X[:, 1]], axis=1) * scale
    svg = _svg(pixels, y, states, states[first], title, colour)
    key = quote(title).replace("%", "")
    text = escape(states[first]["text"], {'"': "&quot;"})
    # JupyterLab lets the arrow keys through to the slider only if the input itself suppresses its shortcuts.
    return f"""<figure class="weight-slider" data-key="{key}" style="margin:0">
<label>Weight of the positives, w⁺:
<input type="range" min="0" max="{len(weights) - 1}" step="1" value="{first}" autocomplete="off" disabled="disabled"
 aria-valuetext="w⁺ = {states[first]["weight"]}" data-lm-suppress-shortcuts="true"
 style="width:20em;vertical-align:middle"/></label>
<output style="display:block">{text}</output>
<img src="data:image/svg+xml,{quote(svg, safe=" =:/;,().-")}" alt="{text}"/>
<figcaption><small>The picture is for this weight; the slider works once this cell has been run.</small></figcaption>
<script>{_script("slider.js", {"key": key, "states": states})}</script>
</figure>"""


def cut_slider(weights, *, separation=2.0, prior=0.1, still=(1, 9, 81)):
    """Return two Gaussian classes along a score, and a slider on w⁺ that moves the cut between silence and alarm.

    Parameters
    ----------
    weights : array_like of float, shape (W,)
        w⁺ at each stop of the slider, positive and rising.
    separation, prior : float, optional
        The classes, as for `companion.theory.gaussian_rates`: negatives follow N(0, 1), positives N(`separation`, 1),
        and `prior` is the share of the positives.
    still : sequence of three float, optional
        The weights, out of `weights`, that stand side by side where no script runs. The slider starts at the first.

    Returns
    -------
    IPython.display.HTML
        The same arguments give the same text. Counts are expected ones, of 1,000 cases, in closed form.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above.

    Examples
    --------
    >>> html = cut_slider([1, 9, 81]).data
    >>> "w⁺ = 9: of 1,000 cases TN 757, FP 143, FN 16, TP 84; recall 0.84, precision 0.37" in html
    True
    """
    from IPython.display import HTML
    from scipy.stats import norm

    weights = _rising(_checks.array("weights", weights, ndim=1))
    separation = _checks.number("separation", separation, above=0)
    prior = _checks.number("prior", prior, above=0, below=1)
    if len(still) != 3 or not set(still) <= set(weights):
        raise ValueError(f"still takes three of the weights {weights.tolist()}, got {_checks.shown(still)}.")

    low, high = -3.2, separation + 3.2

    def across(score):
        return 700 * (score - low) / (high - low)

    states = []
    for w in weights:
        cut = separation / 2 - np.log(w * prior / (1 - prior)) / separation  # where the weighted log-odds are 0
        found = theory.gaussian_rates(separation, prior, float(w))
        tp, fp = 1000 * prior * found["tpr"], 1000 * (1 - prior) * found["fpr"]
        counts = f"TN {1000 * (1 - prior) - fp:.0f}, FP {fp:.0f}, FN {1000 * prior - tp:.0f}, TP {tp:.0f}"
        rates = f"recall {found['tpr']:.2f}, precision {found['precision']:.2f}"
        text = f"w⁺ = {w:g}: of 1,000 cases {counts}; {rates}"
        states.append({"cut": round(min(max(across(cut), 0), 700)), "weight": f"{w:g}", "text": text, "rates": rates})

    x = np.linspace(low, high, 85)
    heights = {"negatives": (1 - prior) * norm.pdf(x), "positives": prior * norm.pdf(x - separation)}
    scale = 200 / max(height.max() for height in heights.values())
    curves = {
        name: " ".join(f"{across(a):.0f},{210 - scale * h:.1f}" for a, h in zip(x, height, strict=True))
        for name, height in heights.items()
    }

    def classes(state):
        return _file("cut_classes.svg").substitute(curves, cut=state["cut"], negative=NEGATIVE, positive=POSITIVE)

    chosen = [states[weights.tolist().index(w)] for w in still]
    frames = "".join(
        f"<text x='{240 * i}' y='14' font-weight='bold'>w⁺ = {state['weight']}</text>"
        f"<text x='{240 * i}' y='32'>{state['rates']}</text><svg x='{240 * i}' y='42' width='220' height='170'"
        f" viewBox='0 0 700 210' preserveAspectRatio='none'>{classes(state)}</svg>"
        for i, state in enumerate(chosen)
    )
    image = _canvas(f"{frames}<text y='232'>the score rises to the right; filled: alarms</text>")
    moving = _canvas(
        f"{classes(chosen[0])}<text class='alarm' x='{chosen[0]['cut'] + 8}' y='16'>alarm →</text>"
        f"<text x='{across(-2.3):.0f}' y='100' fill='#1F6F9C'>negatives</text>"
        f"<text x='{across(separation + 0.8):.0f}' y='175' fill='#8A5A00'>positives</text>"
        "<text x='320' y='232'>score</text>"
    )
    key = f"cuts {separation:g} {prior:g} {' '.join(state['weight'] for state in states)}"
    alt = escape("; ".join(state["text"] for state in chosen), {'"': "&quot;"})
    return HTML(f"""<figure class="weight-slider" data-key="{key}" style="margin:0">
<label>Weight of the positives, w⁺:
<input type="range" min="0" max="{len(states) - 1}" step="1" value="{states.index(chosen[0])}" autocomplete="off"
 disabled="disabled" data-lm-suppress-shortcuts="true" style="width:20em;vertical-align:middle"/></label>
<output style="display:block">Three weights, side by side:</output>
<img src="data:image/svg+xml,{quote(image, safe=" =:/;,().-")}" alt="{alt}"/>
<figcaption><small>The slider works once this cell has been run.</small></figcaption>
<script>{_script("cut_slider.js", {"key": key, "picture": moving, "states": states})}</script>
</figure>""")


def _canvas(inside):
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 720 240' width='720' role='img' font-family='sans-serif' "
        f"font-size='14' fill='#222222'><rect width='720' height='240' fill='#ffffff'/>{inside}</svg>"
    )


def _file(name):
    """Return a picture or a script that lies beside this file, as a template."""
    return Template((files("companion") / name).read_text(encoding="utf-8").rstrip("\n"))


def _script(name, data):
    """Return a script with its data, as text that may stand inside an HTML page."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return _file(name).template.replace("DATA", text)


def _rising(weights):
    if weights[0] <= 0 or (np.diff(weights) <= 0).any():
        raise ValueError("weights takes positive numbers in rising order.")
    return weights


def _state(X, y, weight, theta, intercept, to_pixels):
    """Return what the figure shows for one model, rounded."""
    alarm = X @ theta + intercept > 0
    tn, fp, fn, tp = (int((alarm == p)[y == k].sum()) for k in (0, 1) for p in (False, True))
    recall, precision = tp / (tp + fn), tp / (tp + fp) if tp + fp else None
    # The half-plane of the alarms: two points far out on the boundary, and the same two moved towards the alarms.
    normal = theta / np.linalg.norm(theta)
    centre = (X.min() + X.max()) / 2 + np.zeros(2)
    foot = centre - (centre @ theta + intercept) / np.linalg.norm(theta) * normal
    along, reach = np.array([-normal[1], normal[0]]), 3 * (np.ptp(X) + 1)
    corners = np.array([foot - reach * along, foot + reach * along])
    corners = to_pixels(np.concatenate([corners, corners[::-1] + 2 * reach * normal]))
    name = f"{weight:.3g}"
    shown = "undefined" if precision is None else f"{precision:.3g}"
    return {
        "weight": name,
        "counts": [tn, fp, fn, tp],
        "precision": None if precision is None else round(precision, 3),
        "recall": round(recall, 3),
        "alarm": [round(float(v), 1) for v in corners.ravel()],
        "point": [round(_CURVE * recall, 1), round(_CURVE * (1 - (precision or 0)), 1)],
        "text": f"w⁺ = {name}: TN {tn}, FP {fp}, FN {fn}, TP {tp}, precision {shown}, recall {recall:.3g}",
    }


def _svg(pixels, y, states, state, title, colour):
    """Return the picture for one state, as SVG without ids: it may stand on a page more than once."""
    negatives, positives = ("".join(f"M{x:.0f} {v:.0f}h0" for x, v in pixels[y == k]) for k in (0, 1))
    return _file("slider.svg").substitute(
        dict(zip(("tn", "fp", "fn", "tp"), state["counts"], strict=True)),
        text=escape(state["text"]),
        title=escape(title),
        colour=colour,
        negative=NEGATIVE,
        positive=POSITIVE,
        neutral=NEUTRAL,
        negatives=negatives,
        positives=positives,
        alarm=" ".join(map(str, state["alarm"])),
        **dict(zip(("x1", "y1", "x2", "y2"), state["alarm"], strict=False)),
        curve=" ".join("{},{}".format(*each["point"]) for each in states if each["precision"] is not None),
        x=state["point"][0],
        y=state["point"][1],
        visibility="hidden" if state["precision"] is None else "visible",
    )
