// Arrange the chapters as a book: contents in front, solutions and what was checked behind, formulas set. Then for each
// edition: choose its parts, make wide parts fit, and fill in the numbers of pages once they are known.

const SMALLEST = 7;  // pixels of a letter: 5.2 points
const PARTS = "main :is(pre, table, mjx-container[display])";
const UNLISTED = ["After this notebook you can", "Key points", "References"];  // headings that every lesson has
const CHECKED = "What the notebooks assert in folded cells, behind the number of the page where they do. " +
  "A notebook in which it does not hold fails.";

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

const pageOf = href => link(href, "page", numbered(0));

// As wide for every number, so that nothing moves when the numbers are filled in: a digit has the width of two spaces.
const numbered = page => `${"\u00a0\u00a0".repeat(3 - `${page}`.length)}p.\u00a0${page}`;

const words = heading => [...heading.cloneNode(true).childNodes].filter(node => !node.id);

/** Take the solutions of exercises, and the answers to questions, out of a chapter; a link stays, and the choices. */
function solutions(chapter) {
  const taken = [];
  for (let first; first = chapter.querySelector("details:not(.hide)");) {
    const run = [first];
    while (run.at(-1).nextElementSibling?.matches("details")) run.push(run.at(-1).nextElementSibling);
    const choices = run.map(fold => fold.firstElementChild);
    let asked = first;
    while (!/^\d+\.$/.test(asked.firstElementChild?.textContent)) asked = asked.previousElementSibling;
    const id = `${chapter.id}/solution-${taken.length}`;
    const name = chapter.id.startsWith("quiz") ? "Answer" : "Solution";
    const place = element("p", "solution", link(`#${id}`, "", name), pageOf(`#${id}`));
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
  return [...chapter.querySelectorAll(".cell:is(.tag_both, .tag_check).tag_hide-cell")].map((cell, at) => {
    const place = element("span", "checked-here");
    place.id = `${chapter.id}/check-${at}`;
    const row = element("div", `checked ${[...cell.classList].filter(name => name.startsWith("tag_")).join(" ")}`,
      pageOf(`#${place.id}`), element("div", "", ...cell.querySelectorAll(".cell_output pre")));
    cell.replaceWith(place);
    return row;
  });
}

/** Return a chapter of what `take` takes out of others, under their titles. */
function appendix(id, title, chapters, take, ...introduction) {
  const made = element("section", "chapter", element("h1", "", title), ...introduction);
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

/** Let the anchors of a section lead to its heading: the section itself may begin at the end of the page before. */
function anchored(section) {
  const heading = section.querySelector(":scope > :is(h1, h2, h3, h4)");
  heading.id = section.id;
  section.removeAttribute("id");
  heading.prepend(...section.querySelectorAll(":scope > span[id]"));
}

async function arrange() {
  const main = document.querySelector("main");
  const quiz = main.querySelector("#quiz"), others = main.querySelectorAll(".chapter:not(#quiz)");
  for (const anchor of main.querySelectorAll("a[href^='#']")) {
    const [chapter] = anchor.getAttribute("href").slice(1).split("/");
    if (anchor.closest("h1, h2, h3") || ["bibliography", anchor.closest(".chapter").id].includes(chapter)) continue;
    anchor.after(pageOf(anchor.getAttribute("href")));
  }
  for (const image of main.querySelectorAll(".cell_output img[alt]")) {
    if (!image.closest("figure")) image.replaceWith(element("figure", "", image.cloneNode()));
  }
  for (const image of main.querySelectorAll("figure > img")) {
    image.after(element("figcaption", "", image.alt));
  }
  for (const prose of main.querySelectorAll("p")) prose.classList.toggle("leads", prose.textContent.endsWith(":"));
  main.append(appendix("solutions", "Solutions to the exercises", others, solutions));
  const asked = quiz?.querySelectorAll(":scope > section");
  if (quiz) main.append(appendix("answers", "Answers to the questions", asked, solutions));
  main.append(appendix("checked", "What was checked", others, checks, element("p", "", CHECKED)));
  // Imports, and how a figure is drawn, are left out; and so are parts that held nothing else.
  for (const fold of main.querySelectorAll("details")) fold.remove();
  for (const cell of main.querySelectorAll(".cell:not(:has(*))")) cell.remove();
  for (const side of main.querySelectorAll(".framework-side:not(:has(> :not(.framework-name, .checked-here)))")) {
    side.replaceWith(...side.querySelectorAll(".checked-here"));
  }
  for (const code of main.querySelectorAll("pre")) code.classList.toggle("short", code.textContent.split("\n").length < 14);

  const list = document.querySelector("nav ol");
  for (const chapter of main.children) {
    const title = chapter.querySelector("h1"), name = title.textContent;
    const running = name.replace(/["\\]/g, "\\$&");
    chapter.style.page = `chapter-${chapter.id}`;
    chapter.style.setProperty("--chapter", `"${/^\d+\w?(?= ·)/.exec(name) ?? ""}"`);
    document.head.append(element("style", "", `@page chapter-${chapter.id} { @top-right { content: "${running}"; } }`));
    const headings = chapter.matches("main > :has(.solved, .checked)") ? [title] : chapter.querySelectorAll("h1, h2");
    for (const section of [chapter, ...chapter.querySelectorAll("section[id]")]) anchored(section);
    for (const heading of headings) {
      if (UNLISTED.includes(heading.textContent)) continue;
      const href = `#${heading.id}`;
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
  const parts = document.querySelectorAll(PARTS);
  parts.forEach(part => part.removeAttribute("style"));
  for (let wide = [...parts]; wide.length;) {  // all are measured, then all are changed: each change lays the book out anew
    wide = wide.map(part => [part, width(part), parseFloat(getComputedStyle(part).fontSize)])
      .filter(([, ratio, size]) => ratio > 1 && size > SMALLEST);
    wide = wide.map(([part, ratio, size]) => {
      part.style.fontSize = `${Math.max(size / Math.max(ratio, 1.02), SMALLEST)}px`;
      return part;
    });
  }
  for (const part of [...parts].filter(part => width(part) > 1)) part.style.whiteSpace = "pre-wrap";
}

/** Return how wide a part is, as a share of the room it has. */
const width = part => Math.max(part.scrollWidth, part.offsetWidth) / part.parentElement.clientWidth;

/** Return what a reader could not read or follow: what stands out beyond the margin, and links that lead nowhere. */
function faults() {
  const margin = document.body.getBoundingClientRect().right + 2;
  const cut = [...document.querySelectorAll("main :not(mjx-assistive-mml, mjx-assistive-mml *)")]
    .filter(part => part.getBoundingClientRect().right > margin)
    .map(part => `too wide: ${part.textContent.slice(0, 80)}`);
  const lost = [...document.querySelectorAll("a[href^='#']")]
    .filter(each => !document.getElementById(each.getAttribute("href").slice(1)))
    .map(each => `leads nowhere: ${each.outerHTML}`);
  return [...cut, ...lost];
}

/** Fill in the numbers of pages, by the anchors that stand there; what this edition leaves out has none. */
function fill(pages) {
  for (const each of document.querySelectorAll("a.page")) {
    const page = pages[each.getAttribute("href").slice(1)];
    if (page) each.textContent = each.closest("nav") ? page : numbered(page);
  }
}
