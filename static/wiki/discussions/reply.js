// «Reply» and «Quote» fill the form below the posts without loading the page again, so that nothing typed there is lost.

/** The text of a post as a quotation in Markdown. */
function quotation(post) {
  const body = post.querySelector(".post-body");
  const lines = body.innerText.trim().split(/\n+/u);
  return `${lines.map((line) => `> ${line}`).join("\n>\n")}\n\n`;
}

function bind(form) {
  const text = form.querySelector("textarea");
  const answered = form.querySelector("[data-answered]");
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-reply]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    form.elements.reply_to.value = link.dataset.reply;
    answered.textContent = `${form.dataset.saysReply}${link.dataset.reply}`;
    if ("quote" in link.dataset) {
      const before = text.value.trim() ? `${text.value.trimEnd()}\n\n` : "";
      text.value = before + quotation(link.closest(".post"));
    }
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
  });
}

for (const form of document.querySelectorAll("[data-reply-form]")) bind(form);
