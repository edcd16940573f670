// Parts that are folded on a phone and open where there is room; the contents mark what is being read.

function openWhereWide() {
  const wide = matchMedia("(min-width: 48rem)");
  const follow = () => {
    for (const part of document.querySelectorAll("[data-wide-open]")) {
      if (wide.matches) part.open = true;
    }
  };
  follow();
  wide.addEventListener("change", follow);
}

function markCurrent(links) {
  const byId = new Map(links.map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const observer = new IntersectionObserver(
    (entries) => {
      const seen = entries.find((entry) => entry.isIntersecting);
      if (!seen) return;
      for (const link of links) link.removeAttribute("aria-current");
      byId.get(seen.target.id)?.setAttribute("aria-current", "true");
    },
    { rootMargin: "0px 0px -75% 0px" },
  );
  for (const id of byId.keys()) {
    const heading = document.getElementById(id);
    if (heading) observer.observe(heading);
  }
}

/** Puts a link beside each heading by which its section is edited, for those who may. */
function linkSections(text) {
  for (const anchor of text.querySelectorAll(":scope > :is(h2, h3, h4, h5, h6) > .anchor")) {
    const link = document.createElement("a");
    link.className = "anchor edit-section";
    link.href = `${text.dataset.edit}?section=${anchor.hash.slice(1)}`;
    link.title = text.dataset.editLabel;
    link.setAttribute("aria-label", `${text.dataset.editLabel}: ${anchor.parentElement.firstChild.textContent}`);
    link.textContent = "✎";
    anchor.after(link);
  }
}

/** Binds <details data-wide-open> and the links of <details data-toc>. */
export function bindContents() {
  openWhereWide();
  for (const text of document.querySelectorAll("article[data-edit]")) linkSections(text);
  markCurrent([...document.querySelectorAll("[data-toc] a[href^='#']")]);
}
