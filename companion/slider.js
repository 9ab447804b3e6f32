(() => {
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
})();
