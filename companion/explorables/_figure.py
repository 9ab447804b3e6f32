"""A picture with sliders: one HTML fragment that needs no kernel, no widget, no network.

Its picture is an image inside the HTML, so it is seen before anything runs, also where scripts are not allowed, as in
a notebook that JupyterLab does not trust yet. Where the script runs, it takes the picture's place: it computes in the
browser, with the functions of a ``.js`` beside this file, what Python computed for the image, and `figure.js` draws
it. Everything that moves is a line, an area or a dot, given by its points in the units of the axes.
"""

import json
from dataclasses import asdict, dataclass
from importlib.resources import files
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import numpy as np

WIDTH = 460  # of the picture's own units; the page scales it


@dataclass(frozen=True)
class Slider:
    """A slider: what it sets, the symbol for it, the numbers at its stops, and the one where it starts."""

    label: str
    symbol: str
    stops: tuple
    start: float

    @property
    def shown(self):
        """The numbers as they are written."""
        return [f"{stop:,g}" for stop in self.stops]


@dataclass(frozen=True)
class Axis:
    """An axis: the numbers at its two ends, where these lie in the picture, and whether it is logarithmic."""

    low: float
    high: float
    start: float
    stop: float
    log: bool = False

    def at(self, values):
        """Return where numbers lie in the picture."""
        low, high, values = (np.log(each) if self.log else each for each in (self.low, self.high, np.asarray(values)))
        return self.start + (values - low) / (high - low) * (self.stop - self.start)


@dataclass(frozen=True)
class Panel:
    """Two axes, what moves between them (the look of each part, by its name), and what stays.

    Attributes
    ----------
    x, y : Axis
    parts : dict of str to str
        The SVG attributes of each part.
    label : str
        Words below the horizontal axis.
    x_ticks, y_ticks : tuple of float
    notes : tuple of (float, float, str, str)
        x and y of a text, its words, its SVG attributes.
    fixed : tuple of sequence of (float, float)
        Lines that stay.
    """

    x: Axis
    y: Axis
    parts: dict
    label: str = ""
    x_ticks: tuple = ()
    y_ticks: tuple = ()
    notes: tuple = ()
    fixed: tuple = ()

    def path(self, points):
        """Return the SVG path through points; one point alone is a dot."""
        x, y = np.transpose(points)
        return "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in zip(self.x.at(x), self.y.at(y), strict=True)) + "h0"

    def svg(self, state):
        """Return the panel in a state of what moves."""
        left, right, bottom, top = self.x.start, self.x.stop, self.y.start, self.y.stop
        lines = [f"<path d='{self.path(points)}' stroke='#bbbbbb'/>" for points in self.fixed]
        lines += [f"<path d='M{left},{top}V{bottom}H{right}' stroke='#222222'/>"]
        lines += [f"<path class='{name}' d='{self.path(state[name])}' {look}/>" for name, look in self.parts.items()]
        middle, end = "text-anchor='middle'", "text-anchor='end'"
        texts = [(self.x.at(tick), bottom + 17, f"{tick:,g}".replace("-", "−"), middle) for tick in self.x_ticks]
        texts += [(left - 6, self.y.at(tick) + 5, f"{tick:,g}", end) for tick in self.y_ticks]
        texts += [(self.x.at(x), self.y.at(y), words, look) for x, y, words, look in self.notes]
        texts += [((left + right) / 2, bottom + 36, self.label, middle)]
        written = [f"<text x='{x:.1f}' y='{y:.1f}' {look}>{escape(words)}</text>" for x, y, words, look in texts]
        halo = "stroke='#ffffff' stroke-width='4' paint-order='stroke'"  # words stay legible where a line crosses them
        return f"<g fill='none'>{''.join(lines)}</g><g {halo}>{''.join(written)}</g>"


@dataclass(frozen=True, repr=False)
class Explorable:
    """A picture with sliders, shown where it is the value of a notebook's cell.

    Attributes
    ----------
    name : str
        That of the file with its functions in JavaScript, of which ``draw`` does what `draw` does.
    title : str
    sliders : tuple of Slider
    panels : tuple of Panel
    height : float
        Of the picture, of which `WIDTH` is the width.
    draw : callable
        From the sliders' numbers to what is said of them, and to the points of each part.
    """

    name: str
    title: str
    sliders: tuple
    panels: tuple
    height: float
    draw: object

    def __repr__(self):
        return self.at_start()["said"]

    def at_start(self):
        """Return what `draw` says where the sliders start."""
        return self.draw(*(slider.start for slider in self.sliders))

    def picture(self):
        """Return the picture as SVG, where the sliders start."""
        state = self.at_start()
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {self.height}' width='{WIDTH}' role='img'"
            " font-family='sans-serif' font-size='14' fill='#222222' stroke-linejoin='round' stroke-linecap='round'>"
            f"<rect width='{WIDTH}' height='{self.height}' fill='#ffffff'/>"
            f"{''.join(panel.svg(state) for panel in self.panels)}</svg>"
        )

    def script(self):
        """Return the script that brings the picture to life, as text that may stand inside an HTML page."""
        axes = {name: [asdict(panel.x), asdict(panel.y)] for panel in self.panels for name in panel.parts}
        data = {
            "name": self.name,
            "axes": axes,
            "sliders": [{**asdict(each), "shown": each.shown} for each in self.sliders],
        }
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        return source("figure.js").replace("DRAW", source(f"{self.name}.js")).replace("DATA", text)

    def _repr_html_(self):
        said = self.at_start()["said"]
        rows = "\n".join(
            f'<div class="slider"><label>{slider.label}, {slider.symbol}: <input type="range" min="0"'
            f' max="{len(slider.stops) - 1}" step="1" value="{slider.stops.index(slider.start)}" autocomplete="off"'
            f' disabled="disabled" data-lm-suppress-shortcuts="true"/></label>'
            f' <span aria-hidden="true">{slider.shown[slider.stops.index(slider.start)]}</span></div>'
            for slider in self.sliders
        )
        return f"""<figure class="explorable" data-name="{self.name}" style="margin:0">
<style>{source("figure.css")}</style>
{rows}
<img src="data:image/svg+xml,{quote(self.picture(), safe=" =:/;,().-")}" alt={quoteattr(said)}/>
<output aria-live="polite" style="display:block">{escape(said)}</output>
<figcaption><small>The sliders work where scripts may run: in a notebook, once its cell has been run.</small>
</figcaption>
<script>{self.script()}</script>
</figure>"""

    def page(self):
        """Return the picture as a page of its own, which works from disk, as bytes of UTF-8."""
        page = source("page.html").replace("TITLE", escape(self.title)).replace("FIGURE", self._repr_html_())
        return f"{page}\n".encode()


def source(name):
    """Return the text of a file that lies beside this one."""
    return (files("companion.explorables") / name).read_text(encoding="utf-8").rstrip("\n")
