// Videos of other sites: a click on the link of a box puts their frame there. Before, nothing is asked of the other site.

/** Lets the boxes of a page play; not those of a preview, whose screen allows no frames. */
export function bindVideos() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-video]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.closest("[data-preview]")) return;
    event.preventDefault();
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: link.dataset.video, title: link.textContent, allow: "fullscreen", referrerPolicy: "origin", className: "video-frame" });
    frame.sandbox.add("allow-scripts", "allow-same-origin", "allow-popups");
    const box = link.closest(".video-box");
    const away = document.createElement("a");
    Object.assign(away, { href: link.href, rel: "nofollow noreferrer", textContent: link.textContent });
    box.replaceChildren(frame, away);
    frame.focus();
  });
}
