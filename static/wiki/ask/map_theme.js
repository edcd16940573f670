// Maps are drawn on canvas, which does not follow the theme of the page by itself.

/** Calls `redraw` when the page becomes dark or light, by the reader's choice or the system's, as long as a map is there. */
export function followTheme(map, redraw) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const choice = new MutationObserver(redraw);
  choice.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", redraw);
  map.on("unload", () => {
    choice.disconnect();
    system.removeEventListener("change", redraw);
  });
}
