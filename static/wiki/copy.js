// Buttons that copy a field: `data-copy` is its id, `data-copied` what the button says for a moment. Without this module
// the buttons stay hidden, and the field can be selected.

async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // where the page is not served over HTTPS
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const words = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await copy(document.getElementById(button.dataset.copy));
    button.textContent = button.dataset.copied;
    setTimeout(() => {
      button.textContent = words;
    }, 2500);
  });
}
