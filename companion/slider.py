"""One interactive figure: a slider on w⁺ that moves a decision boundary. It needs no kernel, no widget, no network.

The picture for the first weight is an image inside the HTML, so it is seen before anything runs, also where scripts
are not allowed, as in a notebook that JupyterLab does not trust yet. Where the script runs, it brings it to life.
"""

import json
from urllib.parse import quote
from xml.sax.saxutils import escape

import numpy as np

from companion import _checks

_NEGATIVE, _POSITIVE, _NEUTRAL = "#56B4E9", "#E69F00", "#555555"  # those of companion.plots, which loads matplotlib
_SIDE, _LEFT, _TOP = 300, 40, 30  # the scatter plot, in pixels; the other panel begins at _RIGHT
_RIGHT, _WIDTH, _CURVE = 410, 720, 180

_SCRIPT = """(() => {
  const data = DATA;
  for (const figure of document.querySelectorAll('figure.weight-slider[data-key="' + data.key + '"]')) {
    if (figure.dataset.ready) continue;
    figure.dataset.ready = "yes";
    const image = figure.querySelector("img"), input = figure.querySelector("input");
    const box = document.createElement("div");
    box.innerHTML = decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1));
    image.replaceWith(box);
    const part = name => box.querySelector("." + name);
    const show = () => {
      const state = data.states[+input.value];
      part("alarm").setAttribute("points", state.alarm.join(" "));
      ["x1", "y1", "x2", "y2"].forEach((name, i) => part("boundary").setAttribute(name, state.alarm[i]));
      ["tn", "fp", "fn", "tp"].forEach((name, i) => { part(name).textContent = state.counts[i]; });
      part("point").setAttribute("cx", state.point[0]);
      part("point").setAttribute("cy", state.point[1]);
      part("point").setAttribute("visibility", state.precision === null ? "hidden" : "visible");
      box.firstElementChild.setAttribute("aria-label", state.text);
      figure.querySelector("output").textContent = state.text;
      input.setAttribute("aria-valuetext", "w⁺ = " + state.weight);
    };
    input.disabled = false;
    input.addEventListener("input", show);
    figure.querySelector("small").textContent = "Move the slider with the mouse, or with the arrow keys.";
    show();
  }
})();"""


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
    The precision of a model without a positive prediction is undefined; its point is hidden. Used in notebook 04.

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
    if weights[0] <= 0 or (np.diff(weights) <= 0).any():
        raise ValueError("weights takes positive numbers in rising order.")
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
    data = json.dumps({"key": key, "states": states}, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
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
<script>{_SCRIPT.replace("DATA", data)}</script>
</figure>"""


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
    dots = ["".join(f"M{x:.0f} {v:.0f}h0" for x, v in pixels[y == k]) for k in (0, 1)]
    curve = " ".join("{},{}".format(*each["point"]) for each in states if each["precision"] is not None)
    x1, y1, x2, y2 = state["alarm"][:4]
    cells = "".join(
        f"<text x='{_RIGHT + 130 + 90 * (i % 2)}' y='{_TOP + 30 + 22 * (i // 2)}' text-anchor='end' "
        f"class='{name}' font-weight='bold'>{count}</text>"
        for i, (name, count) in enumerate(zip(("tn", "fp", "fn", "tp"), state["counts"], strict=True))
    )
    bottom, hidden = _TOP + 85 + _CURVE, "hidden" if state["precision"] is None else "visible"
    return f"""<svg xmlns='http://www.w3.org/2000/svg' width='{_WIDTH}' height='360' viewBox='0 0 {_WIDTH} 360'
 role='img' aria-label='{escape(state["text"])}' font-family='sans-serif' font-size='13' fill='#222222'>
<rect width='{_WIDTH}' height='360' fill='#ffffff'/>
<text x='{_LEFT}' y='18' font-size='15' font-weight='bold' fill='{colour}'>{escape(title)}</text>
<svg x='{_LEFT}' y='{_TOP}' width='{_SIDE}' height='{_SIDE}' stroke-linecap='round' fill='none'>
<polygon class='alarm' points='{" ".join(map(str, state["alarm"]))}' fill='{colour}' fill-opacity='0.12'/>
<path d='{dots[0]}' stroke='{_NEGATIVE}' stroke-width='3'/>
<path d='{dots[1]}' stroke='{_POSITIVE}' stroke-width='6'/>
<line class='boundary' x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' stroke='{colour}' stroke-width='3'/>
<rect width='{_SIDE}' height='{_SIDE}' stroke='{_NEUTRAL}'/></svg>
<text x='{_LEFT + _SIDE / 2:.0f}' y='{_TOP + _SIDE + 18}' text-anchor='middle'>
first feature (shaded: predicted positive)</text>
<text transform='translate({_LEFT - 12} {_TOP + _SIDE / 2:.0f}) rotate(-90)' text-anchor='middle'>second feature</text>
<text x='{_RIGHT + 130}' y='{_TOP + 8}' text-anchor='end'>Predicted −</text>
<text x='{_RIGHT + 220}' y='{_TOP + 8}' text-anchor='end'>Predicted +</text>
<text x='{_RIGHT - 35}' y='{_TOP + 30}'>Actual − (<tspan fill='{_NEGATIVE}'>●</tspan>)</text>
<text x='{_RIGHT - 35}' y='{_TOP + 52}'>Actual + (<tspan fill='{_POSITIVE}'>●</tspan>)</text>{cells}
<svg x='{_RIGHT}' y='{_TOP + 85}' width='{_CURVE}' height='{_CURVE}' overflow='visible' fill='none'>
<rect width='{_CURVE}' height='{_CURVE}' stroke='{_NEUTRAL}'/>
<polyline points='{curve}' stroke='{_NEUTRAL}' stroke-width='2'/>
<circle class='point' cx='{state["point"][0]}' cy='{state["point"][1]}' r='7' fill='{colour}'
 visibility='{hidden}'/></svg>
<text x='{_RIGHT}' y='{bottom + 16}' text-anchor='middle'>0</text>
<text x='{_RIGHT + _CURVE}' y='{bottom + 16}' text-anchor='middle'>1</text>
<text x='{_RIGHT + _CURVE / 2:.0f}' y='{bottom + 32}' text-anchor='middle'>recall</text>
<text x='{_RIGHT - 6}' y='{bottom}' text-anchor='end'>0</text>
<text x='{_RIGHT - 6}' y='{bottom - _CURVE + 10}' text-anchor='end'>1</text>
<text transform='translate({_RIGHT - 18} {bottom - _CURVE / 2:.0f}) rotate(-90)' text-anchor='middle'>precision</text>
</svg>"""
