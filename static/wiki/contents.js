// The table of contents: open where there is room for it, and marking the part that is being read.

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

/** Binds <details data-toc>. */
export function bindContents() {
  const toc = document.querySelector("[data-toc]");
  if (!toc) return;
  const wide = matchMedia("(min-width: 48rem)");
  const follow = () => { toc.open = wide.matches; };
  follow();
  wide.addEventListener("change", follow);
  markCurrent([...toc.querySelectorAll("a[href^='#']")]);
}
