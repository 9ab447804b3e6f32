// Arrange the chapters as a book: contents in front, solutions and what was checked behind, formulas set. Then for each
// edition: choose its parts, make wide parts fit, and fill in the numbers of pages once they are known.

const SMALLEST = 7;  // pixels of a letter: 5.2 points
const UNLISTED = ["After this notebook you can", "Key points", "References"];  // headings that every lesson has

const element = (name, className, ...content) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
};

const link = (href, className, ...content) => {
  const made = element("a", className, ...content);
  made.setAttribute("href", href);
  return made;
};

const pageOf = href => link(href, "page", "000");

const words = heading => heading.cloneNode(true).childNodes;

/** Take the solutions of exercises, and the answers to questions, out of a chapter; a link stays, and the choices. */
function solutions(chapter) {
  const taken = [];
  for (let first; first = chapter.querySelector("details:not(.hide)");) {
    const run = [first];
    while (run.at(-1).nextElementSibling?.matches("details")) run.push(run.at(-1).nextElementSibling);
    const choices = run.map(fold => fold.firstElementChild);
    let asked = first;
    while (!/^\d+\.$/.test(asked.firstElementChild?.textContent) || asked === first) asked = asked.previousElementSibling;
    const id = `${chapter.id}/solution-${taken.length}`;
    const place = element("p", "solution", link(`#${id}`, "", chapter.id.startsWith("quiz") ? "Answer" : "Solution"), pageOf(`#${id}`));
    place.id = `${id}-asked`;
    first.before(place);
    const solved = element("div", "solved", link(`#${place.id}`, "number", asked.firstElementChild.textContent));
    solved.id = id;
    if (run.length > 1) {
      place.before(element("ol", "choices", ...choices.map(choice => element("li", "", ...choice.childNodes))));
      choices.forEach(choice => choice.remove());
      solved.append(element("ol", "choices", ...run.map(fold => element("li", "", ...fold.childNodes))));
    } else {
      choices[0].remove();
      solved.append(element("div", "", ...first.childNodes));
    }
    run.forEach(fold => fold.remove());
    taken.push(solved);
  }
  return taken;
}

/** Take what is checked out of a chapter, line by line behind the number of its page. */
function checks(chapter) {
  return [...chapter.querySelectorAll(".cell:is(.tag_both, .tag_check)")].map((cell, at) => {
    const place = element("span", "checked-here");
    place.id = `${chapter.id}/check-${at}`;
    const side = cell.closest(".framework-side.tag_both");
    const row = element("div", `checked ${[...cell.classList].filter(name => name.startsWith("tag_")).join(" ")}`,
      pageOf(`#${place.id}`), element("div", "", ...cell.querySelectorAll(".cell_output pre")));
    cell.replaceWith(place);
    if (side && !side.querySelector(".cell, .tag_both > p")) side.replaceWith(...side.querySelectorAll(".checked-here"));
    return row;
  });
}

/** Return a chapter of what `take` takes out of others, under their titles. */
function appendix(id, title, chapters, take) {
  const made = element("section", "chapter", element("h1", "", title));
  made.id = id;
  for (const chapter of chapters) {
    const parts = take(chapter);
    if (!parts.length) continue;
    const section = element("section", "", element("h2", "", ...words(chapter.querySelector("h1, h2"))), ...parts);
    section.id = `${id}/${chapter.id}`;
    made.append(section);
  }
  return made;
}

async function arrange() {
  const main = document.querySelector("main");
  const quiz = main.querySelectorAll("#quiz"), others = main.querySelectorAll(".chapter:not(#quiz)");
  for (const anchor of main.querySelectorAll("a[href^='#']")) {
    const [chapter] = anchor.getAttribute("href").slice(1).split("/");
    if (!["bibliography", anchor.closest(".chapter").id].includes(chapter)) anchor.after(pageOf(anchor.getAttribute("href")));
  }
  for (const image of main.querySelectorAll(".cell_output img[alt]")) {
    const figure = element("figure", "");
    image.replaceWith(figure);
    figure.append(image, element("figcaption", "", image.alt));
  }
  for (const paragraph of main.querySelectorAll("p")) paragraph.classList.toggle("leads", paragraph.textContent.endsWith(":"));
  main.append(appendix("solutions", "Solutions to the exercises", others, solutions));
  if (quiz.length) main.append(appendix("answers", "Answers to the questions", quiz[0].querySelectorAll(":scope > section"), solutions));
  main.append(appendix("checked", "What was checked", others, checks));

  const list = document.querySelector("nav ol");
  for (const chapter of main.children) {
    const title = chapter.querySelector("h1"), name = title.textContent;
    const running = name.replace(/["\\]/g, "\\$&");
    chapter.style.page = `chapter-${chapter.id}`;
    chapter.style.setProperty("--chapter", `"${/^\d+\w?(?= ·)/.exec(name) ?? ""}"`);
    document.head.append(element("style", "", `@page chapter-${chapter.id} { @top-right { content: "${running}"; } }`));
    const headings = chapter.matches("main > :has(.solved, .checked)") ? [title] : chapter.querySelectorAll("h1, h2");
    for (const heading of headings) {
      if (UNLISTED.includes(heading.textContent)) continue;
      const href = `#${heading.parentElement.id}`;
      list.append(element("li", heading.localName, link(href, "", ...words(heading)), pageOf(href)));
    }
  }
  await document.fonts.ready;
  await MathJax.typesetPromise();
}

/** Show one edition, and make its code, tables and formulas as small as their longest line asks; break one longer still. */
function choose(edition, name) {
  document.documentElement.dataset.framework = edition;
  document.querySelector(".edition").textContent = name;
  const parts = [...document.querySelectorAll("main :is(pre, table, mjx-container[display])")];
  parts.forEach(part => part.removeAttribute("style"));
  for (let wide = parts; wide.length;) {
    const rooms = wide.map(part => [part, part.parentElement.clientWidth / Math.max(part.scrollWidth, part.offsetWidth)]);
    const sizes = rooms.filter(([, ratio]) => ratio < 1).map(([part, ratio]) => [part, ratio, parseFloat(getComputedStyle(part).fontSize)]);
    for (const [part, ratio, size] of sizes) part.style.fontSize = `${size * Math.min(ratio, 0.98)}px`;
    for (const [part, ratio, size] of sizes) if (size * ratio < SMALLEST) part.style.whiteSpace = "pre-wrap";
    wide = sizes.filter(([, ratio, size]) => size * ratio >= SMALLEST).map(([part]) => part);
  }
}

/** Fill in the numbers of pages, by the anchors that stand there. */
function fill(pages) {
  for (const each of document.querySelectorAll("a.page")) {
    each.textContent = pages[each.getAttribute("href").slice(1)] ?? "";
  }
}
