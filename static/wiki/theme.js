// Light or dark: what the reader chose, kept in a cookie that the server reads, so that no page flashes.

const YEAR = 60 * 60 * 24 * 365;

/** `dark` or `light`, as the page is shown now. */
export function current() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function choose(theme) {
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
}

/** Shows the buttons with data-theme-switch and lets them change the theme. */
export function bindTheme() {
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.hidden = false;
    button.addEventListener("click", () => choose(current() === "dark" ? "light" : "dark"));
  }
}
