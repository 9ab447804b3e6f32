// Which framework a page shows: from the address (?framework=pytorch), else from the last visit, else both.
// What follows from it is written in frameworks.css; here are the choice and the tabs of a narrow screen.
(() => {
  const choices = ["pytorch", "tensorflow", "both"];
  const page = document.documentElement;
  const narrow = matchMedia("(max-width: 78em)");

  const choose = choice => {
    page.dataset.framework = choice;
    try {
      localStorage.setItem("framework", choice);
    } catch {
      // Where a browser keeps nothing, the address still does.
    }
    const address = new URL(location);
    address.searchParams.set("framework", choice);
    history.replaceState(history.state, "", address);
  };

  const remembered = () => {
    try {
      return localStorage.getItem("framework");
    } catch {
      return null;
    }
  };

  // Before the page is drawn, so that nothing jumps.
  page.dataset.framework = "both";
  const asked = [new URLSearchParams(location.search).get("framework"), remembered()].find(c => choices.includes(c));
  if (asked) choose(asked);

  const makeTabs = (pair, number) => {
    const sides = [...pair.children];
    const list = document.createElement("div");
    list.className = "framework-tabs";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Framework");
    const tabs = sides.map((side, i) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.id = `framework-tab-${number}-${i}`;
      tab.textContent = side.getAttribute("aria-label");
      tab.setAttribute("role", "tab");
      side.id ||= `framework-side-${number}-${i}`;
      tab.setAttribute("aria-controls", side.id);
      tab.addEventListener("click", () => select(i));
      tab.addEventListener("keydown", event => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        select(1 - i);
        tabs[1 - i].focus();
      });
      return tab;
    });
    const select = chosen => {
      tabs.forEach((tab, i) => {
        tab.setAttribute("aria-selected", i === chosen);
        tab.tabIndex = i === chosen ? 0 : -1;
        sides[i].classList.toggle("tab-hidden", i !== chosen);
      });
    };
    // A side is a tab's panel only where there are tabs.
    const setRoles = () => {
      const tabbed = narrow.matches && page.dataset.framework === "both";
      sides.forEach((side, i) => {
        side.setAttribute("role", tabbed ? "tabpanel" : "group");
        if (tabbed) side.setAttribute("aria-labelledby", tabs[i].id);
        else side.removeAttribute("aria-labelledby");
      });
    };
    list.append(...tabs);
    pair.prepend(list);
    select(0);
    setRoles();
    return setRoles;
  };

  document.addEventListener("DOMContentLoaded", () => {
    const updates = [...document.querySelectorAll(".framework-pair")].map(makeTabs);
    const choice = document.querySelector(".framework-choice");
    choice.hidden = updates.length === 0;
    for (const input of choice.querySelectorAll("input")) {
      input.checked = input.value === page.dataset.framework;
      input.addEventListener("change", () => {
        choose(input.value);
        updates.forEach(update => update());
      });
    }
    narrow.addEventListener("change", () => updates.forEach(update => update()));
  });
})();
