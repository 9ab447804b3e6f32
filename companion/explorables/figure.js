(() => {
  const data = DATA;
  DRAW
  const at = (axis, value) => {
    const [low, high, here] = [axis.low, axis.high, value].map(each => axis.log ? Math.log(each) : each);
    return axis.start + (here - low) / (high - low) * (axis.stop - axis.start);
  };
  const path = ([x, y], points) =>
    "M" + points.map(point => at(x, point[0]).toFixed(1) + "," + at(y, point[1]).toFixed(1)).join("L") + "h0";
  for (const figure of document.querySelectorAll('figure.explorable[data-name="' + data.name + '"]')) {
    if (figure.dataset.ready) continue;
    figure.dataset.ready = "yes";
    const image = figure.querySelector("img"), box = document.createElement("div");
    box.innerHTML = decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1));
    image.replaceWith(box);
    const inputs = [...figure.querySelectorAll("input")], shown = [...figure.querySelectorAll(".slider span")];
    const show = () => {
      const state = draw(...data.sliders.map((slider, i) => slider.stops[inputs[i].value]));
      for (const [name, axes] of Object.entries(data.axes))
        box.querySelector("." + name).setAttribute("d", path(axes, state[name]));
      data.sliders.forEach((slider, i) => {
        shown[i].textContent = slider.shown[inputs[i].value];
        inputs[i].setAttribute("aria-valuetext", slider.symbol + " = " + slider.shown[inputs[i].value]);
      });
      box.firstElementChild.setAttribute("aria-label", state.said);
      figure.querySelector("output").textContent = state.said;
    };
    for (const input of inputs) {
      input.disabled = false;
      input.addEventListener("input", show);
    }
    figure.querySelector("small").textContent = "Move the sliders with the mouse, or with the arrow keys.";
    show();
  }
})();
