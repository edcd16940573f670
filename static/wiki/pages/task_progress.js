// The page of a background task follows its progress, and is loaded again when the task has ended: the server then leads
// on to the result. Without this module the browser loads the page again every few seconds.

const FIRST_PAUSE = 500; // milliseconds
const LONGEST_PAUSE = 4000;
const GROWTH = 1.2;

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

function show(place, state) {
  const sentence = place.querySelector("p");
  if (sentence.textContent !== state.sentence) sentence.textContent = state.sentence; // read aloud when it changes
  const bar = place.querySelector("progress");
  if (state.total > 0) {
    bar.max = state.total;
    bar.value = state.done;
  } else {
    bar.removeAttribute("value");
  }
}

/** Asks for the state of the task at `place.dataset.task` until it has ended. */
async function follow(place) {
  for (let time = FIRST_PAUSE; ; time = Math.min(time * GROWTH, LONGEST_PAUSE)) {
    await pause(time);
    let state;
    try {
      const answer = await fetch(place.dataset.task, { headers: { accept: "application/json" } });
      if (answer.status === 404 || answer.redirected) break; // deleted, or no longer signed in
      if (!answer.ok) continue;
      state = await answer.json();
    } catch {
      continue; // the server is away for a moment
    }
    if (state.ended) break;
    show(place, state);
  }
  location.reload();
}

for (const place of document.querySelectorAll("[data-task]")) follow(place);
