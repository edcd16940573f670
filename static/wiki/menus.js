// <details data-menu>: closes on Escape, on a click outside and when another one opens.

const OPEN = "details[data-menu][open]";

function closeOthers(kept) {
  for (const menu of document.querySelectorAll(OPEN)) {
    if (menu !== kept) menu.open = false;
  }
}

/** Binds all menus of the screen. */
export function bindMenus() {
  document.addEventListener("click", (event) => closeOthers(event.target.closest("details[data-menu]")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest(OPEN) ?? document.querySelector(OPEN);
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
