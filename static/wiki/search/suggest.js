// The search box of every screen offers pages while one types. A combobox in the manner of WAI-ARIA's «list autocomplete
// with manual selection»; without this module the box just searches.

const PAUSE = 150;
const LEAST = 2;

function option(found, number) {
  const link = document.createElement("a");
  link.href = found.url;
  link.id = `suggested-${number}`;
  link.className = "suggested";
  link.setAttribute("role", "option");
  link.tabIndex = -1;
  const title = document.createElement("span");
  title.textContent = found.title;
  title.lang = found.language;
  link.append(title);
  for (const [text, style] of [[found.place, "suggested-place"], [found.kind, "badge"]]) {
    if (!text) continue;
    const note = document.createElement("span");
    note.className = style;
    note.textContent = text;
    if (style === "badge") note.dataset.colour = found.colour;
    link.append(note);
  }
  return link;
}

function bind(box) {
  const list = document.createElement("div");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.dataset.suggestLabel);
  list.hidden = true;
  box.form.append(list);
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");
  let timer = 0;
  let asking = new AbortController();
  let at = -1;

  function show(open) {
    list.hidden = !open;
    box.setAttribute("aria-expanded", String(open));
    if (!open) choose(-1);
  }

  function choose(number) {
    const options = [...list.children];
    at = number < options.length ? number : -1;
    options.forEach((one, index) => one.setAttribute("aria-selected", String(index === at)));
    if (at >= 0) box.setAttribute("aria-activedescendant", options[at].id);
    else box.removeAttribute("aria-activedescendant");
  }

  async function ask() {
    asking.abort();
    asking = new AbortController();
    const words = box.value.trim();
    if (words.length < LEAST) return show(false);
    try {
      const answer = await fetch(`${box.dataset.suggest}?${new URLSearchParams({ q: words })}`, { signal: asking.signal });
      if (!answer.ok) return show(false);
      const { results } = await answer.json();
      list.replaceChildren(...results.map(option));
      show(results.length > 0 && document.activeElement === box);
    } catch (problem) {
      if (problem.name !== "AbortError") show(false);
    }
  }

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    } else if (event.key === "ArrowDown" && list.children.length) {
      event.preventDefault();
      show(true);
      choose(at + 1);
    } else if (event.key === "ArrowUp" && list.children.length) {
      event.preventDefault();
      show(true);
      choose(at < 0 ? list.children.length - 1 : at - 1);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      list.children[at].click();
    }
  });
  box.addEventListener("blur", () => setTimeout(() => show(false), 150));
  list.addEventListener("mousedown", (event) => event.preventDefault());
}

/** Binds the box with data-suggest. */
export function bindSuggestions() {
  for (const box of document.querySelectorAll("input[data-suggest]")) bind(box);
}
