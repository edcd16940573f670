// A slider through the time of a page: as it moves, the day shows; when it rests, the page as it was on that day is put
// beneath. Without this module the field for a day is sent as forms are, and the page is read at its own address.

const DAY = 86_400_000;

const iso = (moment) => new Date(moment).toISOString().slice(0, 10);

/** Puts what the page was on a day into `place`; what goes wrong is said there too. */
async function show(address, place, asking) {
  place.hidden = false;
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal: asking.signal, headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = answer.ok
      ? [page.querySelector(".old-line"), page.querySelector(".facts"), page.querySelector("article.text, .page-text > .empty")]
      : [page.querySelector(".screen-head p")];
    place.replaceChildren(...parts.filter(Boolean));
  } catch (problem) {
    if (problem.name === "AbortError") return;
  }
  place.removeAttribute("aria-busy");
}

/** Binds <form data-time>: a range beside its field for a day. */
function bind(form) {
  const field = form.querySelector("input[type=date]");
  const place = document.getElementById(form.dataset.then);
  const first = Date.parse(form.dataset.first);
  const days = Math.round((Date.parse(form.dataset.last) - first) / DAY);
  if (!(days > 0)) return;
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = 0;
  slider.max = days;
  slider.value = days;
  slider.setAttribute("aria-label", form.dataset.label);
  const told = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });
  let asking = new AbortController();

  function tell() {
    const moment = first + slider.valueAsNumber * DAY;
    field.value = iso(moment);
    slider.setAttribute("aria-valuetext", told.format(moment));
  }

  function ask() {
    asking.abort();
    asking = new AbortController();
    const address = new URL(form.action);
    address.searchParams.set("at", field.value);
    show(address, place, asking);
  }

  slider.addEventListener("input", tell);
  slider.addEventListener("change", ask);
  field.addEventListener("change", () => {
    const at = Math.round((Date.parse(field.value) - first) / DAY);
    if (Number.isFinite(at)) slider.value = at;
  });
  tell();
  form.append(slider);
}

for (const form of document.querySelectorAll("form[data-time]")) bind(form);
