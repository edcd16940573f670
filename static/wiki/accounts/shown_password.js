// A button below a new password shows what is typed. Before it is sent, the password is hidden again.
for (const box of document.querySelectorAll("[data-show-password]")) {
  const button = box.querySelector("button");
  const field = box.previousElementSibling?.querySelector("[data-shown-by-button]");
  if (field) {
    const show = button.textContent;
    const set = (shown) => {
      field.type = shown ? "text" : "password";
      button.textContent = shown ? box.dataset.saysHide : show;
    };
    button.addEventListener("click", () => set(field.type === "password"));
    field.form.addEventListener("submit", () => set(false));
    box.hidden = false;
  }
}
