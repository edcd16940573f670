// A save that meets no network waits, and tries again by itself; two tabs that edit the same page know of each other.

const PAUSE = 4000;
const PATIENCE = 8000;
const PING = "/robots.txt";

/** Whether the server can be reached: any answer of it counts. */
async function isReachable() {
  try {
    await fetch(PING, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    return true;
  } catch {
    return false;
  }
}

function pause() {
  return new Promise((resume) => {
    const timer = setTimeout(resume, PAUSE);
    window.addEventListener("online", () => { clearTimeout(timer); resume(); }, { once: true });
  });
}

/** Lets the form be sent only while the server can be reached; until then it says that it waits. */
export function waitForNetwork(form) {
  const note = form.querySelector("[data-editor-note]");
  let [isWaiting, isSending] = [false, false];
  form.addEventListener("submit", async (event) => {
    if (isSending) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isWaiting) return;
    isWaiting = true;
    while (!(await isReachable())) {
      note.textContent = form.dataset.saysOffline;
      await pause();
    }
    note.textContent = "";
    [isWaiting, isSending] = [false, true];
    form.requestSubmit(event.submitter);
    isSending = false;
  }, { capture: true });
}

/** Says that another tab of this browser edits the same page. */
export function watchOtherTabs(form) {
  const line = form.querySelector("[data-other-tab]");
  const channel = new BroadcastChannel(`movilab-edit:${form.dataset.draft}`);
  channel.addEventListener("message", ({ data }) => {
    line.hidden = data === "closed";
    if (data === "opened") channel.postMessage("here");
  });
  channel.postMessage("opened");
  window.addEventListener("pagehide", () => channel.postMessage("closed"));
}
