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

/** Binds <details data-wide-open> and the links of <details data-toc>. */
export function bindContents() {
  openWhereWide();
  markCurrent([...document.querySelectorAll("[data-toc] a[href^='#']")]);
}
