// A directory answers each choice at once: the same page is fetched, and its parts put in place of the old ones.
// Without this module its form is sent as forms are. The map asks the wiki for the markers of what it shows.

import { DirectoryMap } from "./directory_map.js";

const PAUSE = 300;
const WIDE = matchMedia("(min-width: 60rem)");
const DECIMALS = 3; // of one's own position: about 100 metres, so that an address says no more

class Directory {
  constructor(box) {
    this.box = box;
    this.form = box.querySelector("[data-directory-form]");
    this.asking = new AbortController();
    this.timer = 0;
    this.map = box.querySelector("[data-map-box]") ? new DirectoryMap(box, (bounds) => this.narrowTo(bounds)) : null;
    this.bind();
  }

  bind() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask(this.address());
    });
    this.box.addEventListener("change", (event) => {
      if (event.target.form === this.form) this.soon(0);
    });
    this.form.querySelector("[type=search]").addEventListener("input", () => this.soon(PAUSE));
    this.box.addEventListener("click", (event) => {
      const link = event.target.closest(".directory-chosen a, .pagination a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.ask(new URL(link.href), true);
    });
    addEventListener("popstate", () => this.ask(new URL(location.href), true, false));
    this.bindPosition();
  }

  bindPosition() {
    const button = this.form.querySelector("[data-near-me]");
    if (!button || !navigator.geolocation) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          this.form.elements.near.value = `${coords.latitude.toFixed(DECIMALS)}, ${coords.longitude.toFixed(DECIMALS)}`;
          this.form.elements.sort.selectedIndex = 0;
          this.ask(this.address({ sort: "distance" }));
        },
        () => {
          button.title = this.box.dataset.saysNoPosition;
          button.setAttribute("aria-label", this.box.dataset.saysNoPosition);
          button.disabled = true;
        },
      );
    });
  }

  soon(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(this.address()), pause);
  }

  /** Returns the address of what the form says. */
  address(more = {}) {
    const address = new URL(this.form.action);
    const said = [...new FormData(this.form)].filter(([name, value]) => value !== "" && !(name in more));
    address.search = new URLSearchParams([...said, ...Object.entries(more)]).toString();
    return address;
  }

  narrowTo(bounds) {
    this.ask(this.address({ bbox: bounds }), true);
  }

  /** Fetches an address and shows its parts; `whole` puts the fields of the form in their new state too. */
  async ask(address, whole = false, isNew = true) {
    clearTimeout(this.timer);
    this.asking.abort();
    this.asking = new AbortController();
    this.part("list").setAttribute("aria-busy", "true");
    let page;
    try {
      const answer = await fetch(address, { signal: this.asking.signal, headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch (problem) {
      if (problem.name !== "AbortError") location.assign(address);
      return;
    }
    if (isNew) history.pushState(null, "", address);
    this.show(page, whole);
  }

  show(page, whole) {
    const fresh = page.querySelector("[data-directory]");
    const open = this.openFacets();
    const focused = document.activeElement;
    const { name, value } = focused ?? {};
    for (const part of fresh.querySelectorAll("[data-part]")) this.part(part.dataset.part)?.replaceChildren(...part.childNodes);
    this.part("list").removeAttribute("aria-busy");
    for (const facet of this.box.querySelectorAll("[data-facet]")) {
      if (open.has(facet.dataset.facet)) facet.open = open.get(facet.dataset.facet);
    }
    if (whole) this.form.replaceChildren(...fresh.querySelector("[data-directory-form]").childNodes);
    else this.copyOrder(fresh);
    if (whole) this.bindAgain();
    if (!document.contains(focused)) this.focusAgain(name, value);
    this.map?.showResults();
  }

  /** The orders that can be chosen depend on what was asked. */
  copyOrder(fresh) {
    this.form.elements.sort.replaceChildren(...fresh.querySelector("[name=sort]").childNodes);
  }

  bindAgain() {
    this.form.querySelector("[type=search]").addEventListener("input", () => this.soon(PAUSE));
    this.bindPosition();
  }

  focusAgain(name, value) {
    const fields = [...this.form.elements].filter((field) => field.name === name && name);
    (fields.find((field) => field.value === value) ?? fields[0])?.focus();
  }

  openFacets() {
    return new Map([...this.box.querySelectorAll("[data-facet]")].map((facet) => [facet.dataset.facet, facet.open]));
  }

  part(name) {
    return this.box.querySelector(`[data-part="${name}"]`);
  }
}

function foldFacets() {
  for (const box of document.querySelectorAll("[data-fold]")) box.open = WIDE.matches;
}

foldFacets();
WIDE.addEventListener("change", foldFacets);
for (const box of document.querySelectorAll("[data-directory]")) new Directory(box);
