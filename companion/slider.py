"""An interactive figure: a slider on w⁺ that moves a cut. It needs no kernel, no widget, no network.

Its picture is an image inside the HTML, so it is seen before anything runs, also where scripts are not allowed, as in a
notebook that JupyterLab does not trust yet. Where the script runs, it brings it to life. The picture and the
script lie beside this file.
"""

import json
from importlib.resources import files
from string import Template
from urllib.parse import quote
from xml.sax.saxutils import escape

import numpy as np

from companion import _checks, theory
from companion._palette import NEGATIVE, POSITIVE


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
