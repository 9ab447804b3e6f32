(() => {
  const data = DATA;
  for (const figure of document.querySelectorAll('figure.weight-slider[data-key="' + data.key + '"]')) {
    if (figure.dataset.ready) continue;
    figure.dataset.ready = "yes";
    const box = document.createElement("div"), input = figure.querySelector("input");
    box.innerHTML = data.picture;
    figure.querySelector("img").replaceWith(box);
    const part = name => box.querySelector("." + name);
    const show = () => {
      const state = data.states[+input.value];
      part("silence").setAttribute("width", state.cut);
      part("boundary").setAttribute("x1", state.cut);
      part("boundary").setAttribute("x2", state.cut);
      part("alarm").setAttribute("x", state.cut + 8);
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
