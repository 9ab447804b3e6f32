// Choose the framework of the address, set the formulas, give each slide a heading and its code and tables the largest size
// that fits, start. Two frameworks stand in columns; else, at full width, below one another; else in columns with long
// lines broken, and their rest set in.
(async () => {
  const HEIGHT = 690, SIZES = [20, 18, 16, 15, 14];
  const framework = new URLSearchParams(location.search).get("framework");
  if (["pytorch", "tensorflow"].includes(framework)) document.documentElement.dataset.framework = framework;

  await MathJax.startup.promise;
  await MathJax.typesetPromise();

  const fits = (slide) => slide.offsetHeight <= HEIGHT &&
    [...slide.querySelectorAll("pre")].every((code) => code.scrollWidth <= code.clientWidth);
  const hang = (code) => {
    const lines = code.innerHTML.trimEnd().split("\n").map((line) => {
      const indent = line.replace(/<[^>]*>/g, "").search(/[^ ]|$/);
      return `<span class="line" style="--rest: ${indent + 2}ch">${line}</span>`;
    });
    code.innerHTML = lines.join("");
  };
  let heading;
  for (const slide of document.querySelectorAll(".slides > section > section")) {
    const seen = [...slide.children].some((part) => part.tagName !== "ASIDE" && part.offsetHeight > 0);
    if (!seen) { slide.remove(); continue; }
    const own = slide.querySelector(":scope > :not(aside) :is(h1, h2, h3)");
    if (own) heading = own.innerHTML;
    else slide.insertAdjacentHTML("afterbegin", `<p class="running">${heading}</p>`);
    search: for (const layout of ["columns", "stacked", "wrapped"]) {
      slide.dataset.layout = layout;
      if (layout === "wrapped") slide.querySelectorAll(".input pre").forEach(hang);
      for (const size of SIZES) {
        slide.style.setProperty("--code", `${size}px`);
        if (fits(slide)) break search;
      }
    }
  }
  for (const stack of document.querySelectorAll(".slides > section:not(:has(section))")) stack.remove();

  document.querySelector(".reveal").classList.remove("measuring");
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0.04, center: false, hash: true, slideNumber: "c/t", transition: "none",
    plugins: [RevealNotes],
  });
})();
