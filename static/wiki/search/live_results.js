// The search page answers while one types: the same page is fetched, and its results put in place of the old ones.
// Without this module the form is sent as forms are. On a phone what narrows the results begins folded.

const PAUSE = 250;

function fold() {
  for (const box of document.querySelectorAll("[data-facets]")) {
    if (matchMedia("(max-width: 59.99rem)").matches) box.open = false;
  }
}

/** Binds the form: results follow its first field. */
function bind(form) {
  const id = form.dataset.liveSearch;
  const field = form.querySelector("input[type=search]");
  let timer = 0;
  let asking = new AbortController();

  async function ask() {
    asking.abort();
    asking = new AbortController();
    const address = new URL(form.action || location.href);
    const said = [...new FormData(form)].filter(([, value]) => value !== "");
    address.search = new URLSearchParams(said).toString();
    const place = document.getElementById(id);
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(id);
      if (!fresh) return;
      place.replaceChildren(...fresh.childNodes);
      document.title = page.title;
      history.replaceState(null, "", address);
      fold();
    } catch (problem) {
      if (problem.name === "AbortError") return;
    }
    place.removeAttribute("aria-busy");
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  };
  field.addEventListener("input", soon);
  form.addEventListener("change", (event) => {
    if (event.target !== field && field.value) soon();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    ask();
  });
}

fold();
for (const form of document.querySelectorAll("[data-live-search]")) bind(form);
